import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration } from '../config/index.ts';
import type { ApiStack } from './api-stack.ts';
import type { EdgeStack } from './edge-stack.ts';
import type { ServiceStack } from './service-stack.ts';

export interface ObservabilityStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly api: ApiStack;
  readonly services: ServiceStack;
  readonly edge: EdgeStack;
}

/** Alarms, their topic, and the dashboard. */
export class ObservabilityStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { configuration, api, services, edge, ...props }: ObservabilityStackProps,
  ) {
    super(scope, id, { description: 'Alarms, their topic and the dashboard.', ...props });
  }
}
