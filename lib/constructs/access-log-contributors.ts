import { CfnInsightRule } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { accessLogFields } from './access-log-format.ts';
import { ContributorWidget } from './contributor-widget.ts';
import { dashboardWidth, type Row } from './dashboard-graph.ts';

type Field = keyof typeof accessLogFields;

/** One question to the access log that is answered minute by minute. */
interface Contributors {
  readonly title: string;
  /** By what calls are counted, one to four fields. */
  readonly keys: readonly Field[];
  /** Which calls are counted. @default - all */
  readonly filter?: { readonly field: Field } & (
    | { readonly in: readonly string[] }
    | { readonly startsWith: string }
  );
}

const questions: Readonly<Record<string, Contributors>> = {
  'throttled-clients': {
    title: 'Clients that are refused most: rate and quota',
    keys: ['clientId', 'userId', 'clientAddress'],
    filter: { field: 'decision', in: ['throttled', 'quota'] },
  },
  'top-callers': { title: 'Clients that call most', keys: ['clientId', 'userId'] },
  'top-routes': { title: 'Routes that are called most', keys: ['route'] },
  'failing-routes': {
    title: 'Routes with most 5xx',
    keys: ['route', 'service', 'status'],
    filter: { field: 'status', startsWith: '5' },
  },
  plans: { title: 'Calls by plan and decision', keys: ['plan', 'decision'] },
};

export interface AccessLogContributorsProps {
  /** Begins the rules' names. */
  readonly namePrefix: string;
  readonly accessLog: ILogGroup;
}

/** Who and what stands out in the access log, by Contributor Insights: 0.50 USD a month for each rule, and by calls. */
export class AccessLogContributors extends Construct {
  readonly #props: AccessLogContributorsProps;

  constructor(scope: Construct, id: string, props: AccessLogContributorsProps) {
    super(scope, id);
    this.#props = props;
    for (const [name, { keys, filter }] of Object.entries(questions)) {
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

  /** Of the rules so named, side by side. */
  widgets(...names: readonly (keyof typeof questions)[]): Row {
    return names.map(
      (name) =>
        new ContributorWidget(this, {
          title: questions[name]?.title ?? name,
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

function matching(filter: NonNullable<Contributors['filter']>): object {
  return 'in' in filter
    ? { Match: path(filter.field), In: filter.in }
    : { Match: path(filter.field), StartsWith: [filter.startsWith] };
}
