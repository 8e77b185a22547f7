import * as appconfig from '@aws-sdk/client-appconfig';
import * as appconfigdata from '@aws-sdk/client-appconfigdata';
import { openAppConfigPolicyStore } from '../../../lib/ops/access/appconfig-policy-store.ts';
import { createConfigurationPoll } from '../../../runtime/aws/appconfig-data.ts';
import type { ComparedCall } from './compared-call.ts';

const names = { application: 'app', environment: 'env', profile: 'profile', emergency: 'e', staged: 's' };
const policy = { schema: 1, version: 'v-2' } as never;

/** Calls of AppConfig and AppConfig data. */
export const appConfigCalls: readonly ComparedCall[] = [
  {
    name: 'AppConfig data session',
    ours: (endpoint, credentials) =>
      createConfigurationPoll(credentials, endpoint, {
        application: 'app',
        environment: 'env',
        profile: 'profile',
        pollSeconds: 30,
      })(),
    sdk: (config) => {
      const client = new appconfigdata.AppConfigDataClient(config);
      const session = {
        ApplicationIdentifier: 'app',
        EnvironmentIdentifier: 'env',
        ConfigurationProfileIdentifier: 'profile',
        RequiredMinimumPollIntervalInSeconds: 30,
      };
      const ConfigurationToken = 'token+/=:1';
      return [
        () => client.send(new appconfigdata.StartConfigurationSessionCommand(session)),
        () => client.send(new appconfigdata.GetLatestConfigurationCommand({ ConfigurationToken })),
      ];
    },
  },
  {
    name: 'AppConfig operations of the runtime policy',
    ours: async (endpoint, credentials) => {
      const store = await openAppConfigPolicyStore(endpoint, credentials, names);
      await store.read(7);
      await store.replace(policy, 7, 'emergency' as never);
    },
    sdk: (config) => {
      const client = new appconfig.AppConfigClient(config);
      const of = { ApplicationId: 'a1' };
      const version = { ...of, ConfigurationProfileId: 'p1' };
      return [
        () => client.send(new appconfig.ListApplicationsCommand({ MaxResults: 50 })),
        () => client.send(new appconfig.ListEnvironmentsCommand({ ...of, MaxResults: 50 })),
        () => client.send(new appconfig.ListConfigurationProfilesCommand({ ...of, MaxResults: 50 })),
        () =>
          client.send(new appconfig.GetHostedConfigurationVersionCommand({ ...version, VersionNumber: 7 })),
        () =>
          client.send(new appconfig.ListDeploymentsCommand({ ...of, EnvironmentId: 'e1', MaxResults: 50 })),
        () =>
          client.send(
            new appconfig.CreateHostedConfigurationVersionCommand({
              ...version,
              Content: Buffer.from(JSON.stringify(policy)),
              ContentType: 'application/json',
              LatestVersionNumber: 7,
            }),
          ),
        () =>
          client.send(
            new appconfig.StopDeploymentCommand({ ...of, EnvironmentId: 'e1', DeploymentNumber: 3 }),
          ),
        () => client.send(new appconfig.ListDeploymentStrategiesCommand({ MaxResults: 50 })),
        () =>
          client.send(
            new appconfig.StartDeploymentCommand({
              ...of,
              EnvironmentId: 'e1',
              DeploymentStrategyId: 's1',
              ConfigurationProfileId: 'p1',
              ConfigurationVersion: '8',
              Description: 'v-2',
            }),
          ),
      ];
    },
  },
];
