import type { Account } from '../account.ts';
import { isNamed, lookUp, type SettingsAt } from './lookup.ts';

type AccountLookups = Pick<
  Account,
  'caller' | 'parameter' | 'quota' | 'throttle' | 'concurrentExecutions' | 'kafkaVersions' | 'databaseVersion'
>;

/** Identity of the caller, and quotas of the account. */
export function accountLookups(at: SettingsAt): AccountLookups {
  return {
    caller: (region) =>
      lookUp([], async () => {
        const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
        const answer = await new STSClient(at(region)).send(new GetCallerIdentityCommand());
        return { account: answer.Account ?? '', arn: answer.Arn ?? '' };
      }),
    parameter: (region, Name) =>
      lookUp(['ParameterNotFound'], async () => {
        const { GetParameterCommand, SSMClient } = await import('@aws-sdk/client-ssm');
        const { Parameter } = await new SSMClient(at(region)).send(new GetParameterCommand({ Name }));
        return Parameter?.Value;
      }),
    quota: (region, ServiceCode, QuotaCode) =>
      lookUp(['NoSuchResourceException'], async () => {
        const { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand, ServiceQuotasClient } =
          await import('@aws-sdk/client-service-quotas');
        const client = new ServiceQuotasClient(at(region));
        const question = { ServiceCode, QuotaCode };
        try {
          return (await client.send(new GetServiceQuotaCommand(question))).Quota?.Value;
        } catch (error) {
          // Without a change of a quota, the account may have no value for it.
          if (!isNamed(error, 'NoSuchResourceException')) throw error;
          return (await client.send(new GetAWSDefaultServiceQuotaCommand(question))).Quota?.Value;
        }
      }),
    concurrentExecutions: (region) =>
      lookUp([], async () => {
        const { GetAccountSettingsCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
        const { AccountLimit } = await new LambdaClient(at(region)).send(new GetAccountSettingsCommand());
        return AccountLimit?.ConcurrentExecutions;
      }),
    throttle: (region) =>
      lookUp([], async () => {
        const { APIGatewayClient, GetAccountCommand } = await import('@aws-sdk/client-api-gateway');
        const { throttleSettings } = await new APIGatewayClient(at(region)).send(new GetAccountCommand());
        const { rateLimit: rate, burstLimit: burst } = throttleSettings ?? {};
        return rate === undefined || burst === undefined ? undefined : { rate, burst };
      }),
    kafkaVersions: (region) =>
      lookUp([], async () => {
        const { KafkaClient, paginateListKafkaVersions } = await import('@aws-sdk/client-kafka');
        const versions = new Map<string, string>();
        for await (const page of paginateListKafkaVersions({ client: new KafkaClient(at(region)) }, {})) {
          for (const { Version, Status } of page.KafkaVersions ?? []) {
            versions.set(String(Version), String(Status));
          }
        }
        return versions.size === 0 ? undefined : versions;
      }),
    databaseVersion: (region, Engine, EngineVersion) =>
      lookUp([], async () => {
        const { DescribeDBEngineVersionsCommand, RDSClient } = await import('@aws-sdk/client-rds');
        const { DBEngineVersions } = await new RDSClient(at(region)).send(
          new DescribeDBEngineVersionsCommand({ Engine, EngineVersion }),
        );
        const offered = DBEngineVersions?.find((one) => one.EngineVersion === EngineVersion);
        return offered && { supportsGlobalDatabases: offered.SupportsGlobalDatabases === true };
      }),
  };
}
