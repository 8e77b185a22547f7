import type { StackProps } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { type ResourceNames, resourceNamesParameter } from '../compile/resource-names.ts';
import type { Configuration } from '../config/index.ts';
import { BusinessEvents } from '../features/events/business-events.ts';
import type { Bundles } from '../features/functions/bundles.ts';
import { Metering } from '../features/metering/metering.ts';
import type { ApiStack } from './api-stack.ts';
import type { DataStack } from './data-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { logRetention, removalPolicy } from './settings.ts';

export interface EventsStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly api: ApiStack;
}

/** Consumers of the access log and of events: metering of clients, and business metrics. */
export class EventsStack extends GatewayStack {
  readonly metering: Metering;
  readonly business: BusinessEvents;

  constructor(
    scope: Construct,
    id: string,
    { configuration, bundles, network, data, api, ...props }: EventsStackProps,
  ) {
    const { environment } = configuration;
    super(scope, id, { description: 'Metering of clients, and business metrics from events.', ...props });
    const { functions } = network.securityGroups;
    const functionDefaults = {
      logRetention: logRetention(environment),
      removalPolicy: removalPolicy(environment),
      vpc: network.vpc,
      memoryMiB: environment.functions.memoryMiB,
    };
    this.metering = new Metering(this, 'Metering', {
      functionDefaults: { ...functionDefaults, securityGroup: functions.metering },
      code: bundles.lambda('metering'),
      environmentName: environment.name,
      accessLogs: { public: api.publicApi.accessLogs },
      tables: data.tables,
      queues: data.meteringQueues,
      events: data.events,
      limitStoreLogin: data.limitStore.loginAs('metering'),
    });
    this.business = new BusinessEvents(this, 'Business', {
      functionDefaults: { ...functionDefaults, securityGroup: functions.events },
      code: bundles.lambda('events'),
      environmentName: environment.name,
      tables: data.tables,
      events: data.events,
      // One poller reads 5 MB a second, and ten pollers of a group cost as much as one: one per topic is enough.
      pollers: environment.events.pollers === 'on-demand' ? 'on-demand' : { min: 1, max: 1 },
    });
    this.#publishResourceNames(environment.name, data, api);
  }

  /** In the last stack with a consumer, so that every dead-letter queue is in the list. */
  #publishResourceNames(environment: string, { tables, meteringQueues }: DataStack, api: ApiStack): void {
    const names: ResourceNames = {
      clientsTable: tables.clients.tableName,
      usageTable: tables.usage.tableName,
      auditTable: tables.policyAudit.tableName,
      authorizer: api.authFunction.live.functionArn,
      revocation: api.revocationFunction.live.functionArn,
      deadLetterQueues: {
        webhooks: {
          queue: api.webhooks.deadLetters.queueUrl,
          returnsTo: { queue: api.webhooks.queue.queueUrl },
        },
        metering: {
          queue: meteringQueues.deadLetters.queueUrl,
          returnsTo: { queue: meteringQueues.failed.queueUrl },
        },
        events: {
          queue: this.business.deadLetters.queueUrl,
          returnsTo: { kafkaConsumer: this.business.function.live.functionArn },
        },
      },
    };
    new StringParameter(this, 'Operations', {
      parameterName: resourceNamesParameter(environment),
      description: "Resource names of this environment for the operators' commands.",
      stringValue: this.toJsonString(names),
    });
  }
}
