import * as apigateway from '@aws-sdk/client-api-gateway';
import * as appconfig from '@aws-sdk/client-appconfig';
import * as kafka from '@aws-sdk/client-kafka';
import * as lambda from '@aws-sdk/client-lambda';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import { createUsagePlans } from '../../../lambda/partner-plans/usage-plans.ts';
import { loadConfiguration } from '../../../lib/config/index.ts';
import { openAws } from '../../../lib/ops/access/aws-access.ts';
import { invoke } from '../../../lib/ops/access/invoke-function.ts';
import { mskCluster } from '../../../runtime/events/msk-cluster.ts';
import { type ComparedCall, specialCharacters } from './compared-call.ts';

const clusterArn = 'arn:aws:kafka:eu-west-1:123456789012:cluster/gatehouse-prod/abcd-1';

const patch = [{ op: 'replace', path: '/throttle/rateLimit', value: '5' }] as const;

/** Calls of API Gateway, Lambda, MSK, Systems Manager and STS. */
export const otherServiceCalls: readonly ComparedCall[] = [
  {
    name: 'API Gateway GetUsagePlan and UpdateUsagePlan',
    ours: async (endpoint, credentials) => {
      const plans = createUsagePlans(credentials, endpoint);
      await plans.read('abc');
      await plans.patch('abc', patch);
    },
    sdk: (config) => {
      const client = new apigateway.APIGatewayClient(config);
      return [
        () => client.send(new apigateway.GetUsagePlanCommand({ usagePlanId: 'abc' })),
        () =>
          client.send(
            new apigateway.UpdateUsagePlanCommand({ usagePlanId: 'abc', patchOperations: [...patch] }),
          ),
      ];
    },
  },
  {
    name: 'Lambda Invoke of an alias',
    ours: (endpoint, credentials) =>
      invoke(endpoint, credentials, 'gatehouse-auth:live', { explain: specialCharacters }),
    sdk: (config) => {
      const client = new lambda.LambdaClient(config);
      const Payload = Buffer.from(JSON.stringify({ explain: specialCharacters }));
      return [() => client.send(new lambda.InvokeCommand({ FunctionName: 'gatehouse-auth:live', Payload }))];
    },
  },
  {
    name: 'MSK GetBootstrapBrokers',
    ours: (endpoint, credentials) =>
      mskCluster(clusterArn, {
        clientId: 'c',
        nowMs: Date.now,
        credentials: () => credentials,
        endpoint,
      }).brokers(),
    sdk: (config) => {
      const client = new kafka.KafkaClient(config);
      return [() => client.send(new kafka.GetBootstrapBrokersCommand({ ClusterArn: clusterArn }))];
    },
  },
  {
    name: 'Systems Manager GetParameter, STS GetCallerIdentity and AppConfig, by an operator who opens the access to AWS',
    ours: (endpoint) =>
      openAws(loadConfiguration('prod'), { environment: { AWS_ENDPOINT_URL: endpoint } } as never),
    sdk: (config) => {
      const parameters = new ssm.SSMClient(config);
      const identity = new sts.STSClient(config);
      const client = new appconfig.AppConfigClient(config);
      const of = { ApplicationId: 'a1', MaxResults: 50 };
      return [
        () => parameters.send(new ssm.GetParameterCommand({ Name: '/gatehouse/prod/operations' })),
        () => identity.send(new sts.GetCallerIdentityCommand({})),
        () => client.send(new appconfig.ListApplicationsCommand({ MaxResults: 50 })),
        () => client.send(new appconfig.ListEnvironmentsCommand(of)),
        () => client.send(new appconfig.ListConfigurationProfilesCommand(of)),
      ];
    },
  },
];
