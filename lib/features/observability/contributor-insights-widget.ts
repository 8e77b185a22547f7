import { Stack } from 'aws-cdk-lib';
import { ConcreteWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

export interface ContributorInsightsWidgetProps {
  readonly title: string;
  readonly ruleName: string;
  readonly width: number;
}

/** The top ten contributors of a Contributor Insights rule. The CDK has no widget for it. */
export class ContributorInsightsWidget extends ConcreteWidget {
  readonly #props: ContributorInsightsWidgetProps;
  readonly #region: string;

  constructor(scope: Construct, props: ContributorInsightsWidgetProps) {
    super(props.width, 6);
    this.#props = props;
    this.#region = Stack.of(scope).region;
  }

  toJson(): unknown[] {
    const { title, ruleName } = this.#props;
    return [
      {
        type: 'metric',
        width: this.width,
        height: this.height,
        x: this.x,
        y: this.y,
        properties: {
          view: 'timeSeries',
          title,
          region: this.#region,
          period: 300,
          insightRule: { ruleName, maxContributorCount: 10, orderBy: 'Sum' },
        },
      },
    ];
  }
}
