import { CfnInsightRule } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ContributorInsightsWidget } from '../observability/contributor-insights-widget.ts';
import { dashboardWidth, type Row } from '../observability/dashboard-row.ts';
import type { accessLogFields } from './access-log-format.ts';

type Field = keyof typeof accessLogFields;

/** A Contributor Insights rule on the access log, evaluated every minute. */
interface InsightRule {
  readonly title: string;
  /** Fields that calls are grouped by, one to four. */
  readonly keys: readonly Field[];
  /** Calls that are counted. @default - all */
  readonly filter?: { readonly field: Field } & (
    | { readonly in: readonly string[] }
    | { readonly startsWith: string }
  );
}

const insightRules: Readonly<Record<string, InsightRule>> = {
  'throttled-clients': {
    title: 'Most throttled clients',
    keys: ['clientId', 'userId', 'clientAddress'],
    filter: { field: 'decision', in: ['throttled', 'quota'] },
  },
  'top-callers': { title: 'Top clients', keys: ['clientId', 'userId'] },
  'top-routes': { title: 'Top routes', keys: ['route'] },
  'failing-routes': {
    title: 'Routes with the most 5xx',
    keys: ['route', 'service', 'status'],
    filter: { field: 'status', startsWith: '5' },
  },
  plans: { title: 'Calls by plan and decision', keys: ['plan', 'decision'] },
};

export interface AccessLogInsightRulesProps {
  /** Prefix of the rule names. */
  readonly namePrefix: string;
  readonly accessLog: ILogGroup;
}

/** Contributor Insights rules on the access log: top clients and routes. 0.50 USD a month per rule, plus a price per matched event. */
export class AccessLogInsightRules extends Construct {
  readonly #props: AccessLogInsightRulesProps;

  constructor(scope: Construct, id: string, props: AccessLogInsightRulesProps) {
    super(scope, id);
    this.#props = props;
    for (const [name, { keys, filter }] of Object.entries(insightRules)) {
      new CfnInsightRule(this, name, {
        ruleName: this.#ruleName(name),
        ruleState: 'ENABLED',
        ruleBody: JSON.stringify({
          Schema: { Name: 'CloudWatchLogRule', Version: 1 },
          LogGroupNames: [props.accessLog.logGroupName],
          LogFormat: 'JSON',
          Contribution: {
            Keys: keys.map(path),
            Filters: filter === undefined ? [] : [matching(filter)],
          },
          AggregateOn: 'Count',
        }),
      });
    }
  }

  /** Widgets of the named rules, in one dashboard row. */
  widgets(...names: readonly (keyof typeof insightRules)[]): Row {
    return names.map(
      (name) =>
        new ContributorInsightsWidget(this, {
          title: insightRules[name]?.title ?? name,
          ruleName: this.#ruleName(name),
          width: Math.floor(dashboardWidth / names.length),
        }),
    );
  }

  #ruleName(name: string): string {
    return `${this.#props.namePrefix}-${name}`;
  }
}

function path(field: Field): string {
  return `$.${field}`;
}

function matching(filter: NonNullable<InsightRule['filter']>): object {
  return 'in' in filter
    ? { Match: path(filter.field), In: filter.in }
    : { Match: path(filter.field), StartsWith: [filter.startsWith] };
}
