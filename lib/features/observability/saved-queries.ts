import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface SavedQueriesProps {
  /** Folder of the queries in the console. */
  readonly folder: string;
  /** Access log of the public API. */
  readonly publicAccessLog: ILogGroup;
  readonly partnerAccessLog: ILogGroup;
}

/** Queries on the public API's access log, by name in the console. */
const accessLogQueries: Readonly<Record<string, readonly string[]>> = {
  'most popular endpoints': ['stats count(*) as calls by route', 'sort calls desc', 'limit 50'],
  'error rates by endpoint': [
    'fields status >= 500 as isServerError, status >= 400 and status < 500 as isClientError',
    'stats count(*) as calls, 100 * avg(isServerError) as serverErrorPercent, 100 * avg(isClientError) as clientErrorPercent by route',
    'sort serverErrorPercent desc',
    'limit 50',
  ],
  'latency by endpoint': [
    'stats pct(latencyMs, 50) as p50, pct(latencyMs, 95) as p95, pct(latencyMs, 99) as p99, pct(integrationLatencyMs, 95) as integrationP95, count(*) as calls by route',
    'sort p95 desc',
    'limit 50',
  ],
  'slow requests': [
    'filter latencyMs > 500',
    'fields @timestamp, route, service, status, latencyMs, integrationLatencyMs, requestId',
    'sort latencyMs desc',
    'limit 100',
  ],
  'top users by request count': [
    "filter userId != '-'",
    'stats count(*) as calls, sum(totalBytes) as bytes by userId, plan',
    'sort calls desc',
    'limit 50',
  ],
  'requests of one user': [
    "filter userId = 'USER'",
    'fields @timestamp, method, path, status, decision, latencyMs, clientAddress, requestId',
    'sort @timestamp desc',
    'limit 200',
  ],
  'one request': ["filter requestId = 'REQUEST'", 'fields @timestamp, @message'],
  'usage trend': [
    'stats count(*) as calls, sum(totalBytes) as bytes, pct(latencyMs, 95) as p95 by bin(1h)',
    'sort @timestamp',
  ],
  'usage by client and plan': [
    "filter clientId != '-'",
    'stats count(*) as calls, sum(totalBytes) as bytes, min(quotaRemaining) as leftOfQuota by clientId, plan',
    'sort calls desc',
    'limit 50',
  ],
  'refusals by reason': [
    "filter decision != 'allow'",
    'stats count(*) as calls by decision, reason, route',
    'sort calls desc',
    'limit 50',
  ],
  'throttled clients': [
    "filter decision in ['throttled', 'quota']",
    'stats count(*) as refused, count_distinct(route) as routes by clientId, userId, clientAddress, plan',
    'sort refused desc',
    'limit 50',
  ],
  'failures by source': [
    'filter status >= 500',
    'stats count(*) as calls by service, status, integrationStatus, decision, errorType',
    'sort calls desc',
  ],
  'stable and canary': [
    'stats count(*) as calls, pct(latencyMs, 95) as p95, max(status) as worst by service, cohort',
    'sort service, cohort',
  ],
  'policy versions in force': ['stats count(*) as calls by policyVersion, bin(1m)'],
};

const partnerQueries: Readonly<Record<string, readonly string[]>> = {
  'partners: calls by key': [
    'stats count(*) as calls, pct(latencyMs, 95) as p95 by clientId, route, status',
    'sort calls desc',
    'limit 50',
  ],
  'partners: refusals': [
    'filter status >= 400',
    'stats count(*) as calls by status, errorType, validationError, route',
    'sort calls desc',
    'limit 50',
  ],
};

/** CloudWatch Logs Insights queries on the access logs, in the console under "Saved queries". */
export class SavedQueries extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { folder, publicAccessLog: accessLog, partnerAccessLog }: SavedQueriesProps,
  ) {
    super(scope, id);
    const save = (queries: typeof accessLogQueries, logGroup: ILogGroup) => {
      for (const [name, lines] of Object.entries(queries)) {
        new CfnQueryDefinition(this, name, {
          name: `${folder}/${name}`,
          queryString: lines.join('\n| '),
          logGroupNames: [logGroup.logGroupName],
        });
      }
    };
    save(accessLogQueries, accessLog);
    save(partnerQueries, partnerAccessLog);
  }
}
