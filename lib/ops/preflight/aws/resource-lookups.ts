import { edgeRegion } from '../../../compile/edge-resource-names.ts';
import { sampleEvent } from '../../../features/edge/viewer-request/sample-event.ts';
import type { Account } from '../account.ts';
import { isNamed, lookUp, type SettingsAt } from './lookup.ts';

type ResourceLookups = Pick<
  Account,
  'certificate' | 'hostedZone' | 'secret' | 'hasImage' | 'kafkaCluster' | 'resource' | 'edgeFunction'
>;

/** Resources of the account. */
export function resourceLookups(at: SettingsAt): ResourceLookups {
  return {
    certificate: (region, CertificateArn) =>
      lookUp(['ResourceNotFoundException'], async () => {
        const { ACMClient, DescribeCertificateCommand } = await import('@aws-sdk/client-acm');
        const { Certificate } = await new ACMClient(at(region)).send(
          new DescribeCertificateCommand({ CertificateArn }),
        );
        const names = [Certificate?.DomainName ?? '', ...(Certificate?.SubjectAlternativeNames ?? [])];
        return { status: String(Certificate?.Status), names: [...new Set(names)] };
      }),
    hostedZone: (Id) =>
      lookUp(['NoSuchHostedZone'], async () => {
        const { GetHostedZoneCommand, Route53Client } = await import('@aws-sdk/client-route-53');
        const { HostedZone } = await new Route53Client(at(edgeRegion)).send(new GetHostedZoneCommand({ Id }));
        return { name: HostedZone?.Name ?? '', isPrivate: HostedZone?.Config?.PrivateZone === true };
      }),
    secret: (region, SecretId) =>
      lookUp(['ResourceNotFoundException'], async () => {
        const { DescribeSecretCommand, SecretsManagerClient } = await import(
          '@aws-sdk/client-secrets-manager'
        );
        const { DeletedDate, VersionIdsToStages } = await new SecretsManagerClient(at(region)).send(
          new DescribeSecretCommand({ SecretId }),
        );
        const stages = Object.values(VersionIdsToStages ?? {}).flat();
        return { isDeleted: DeletedDate !== undefined, hasValue: stages.includes('AWSCURRENT') };
      }),
    hasImage: (region, repositoryName, imageTag) =>
      lookUp(['RepositoryNotFoundException'], async () => {
        const { DescribeImagesCommand, ECRClient } = await import('@aws-sdk/client-ecr');
        try {
          const { imageDetails = [] } = await new ECRClient(at(region)).send(
            new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }),
          );
          return imageDetails.length > 0;
        } catch (error) {
          if (!isNamed(error, 'ImageNotFoundException')) throw error;
          return false;
        }
      }),
    kafkaCluster: (region, name) =>
      lookUp([], async () => {
        const { KafkaClient, paginateListClustersV2 } = await import('@aws-sdk/client-kafka');
        const client = new KafkaClient(at(region));
        // The filter matches prefixes of names.
        for await (const page of paginateListClustersV2({ client }, { ClusterNameFilter: name })) {
          const found = page.ClusterInfoList?.find(({ ClusterName }) => ClusterName === name);
          if (found !== undefined) return found;
        }
        return undefined;
      }),
    resource: (region, TypeName, Identifier) =>
      lookUp(['ResourceNotFoundException'], async () => {
        const { CloudControlClient, GetResourceCommand } = await import('@aws-sdk/client-cloudcontrol');
        const question = new GetResourceCommand({ TypeName, Identifier });
        return (await new CloudControlClient(at(region)).send(question)).ResourceDescription;
      }),
    edgeFunction: (name) => edgeFunctionOf(at, name),
  };
}

/** The live edge function, run with a sample event. */
function edgeFunctionOf(at: SettingsAt, Name: string): ReturnType<Account['edgeFunction']> {
  return lookUp(['NoSuchFunctionExists'], async () => {
    const { CloudFrontClient, DescribeFunctionCommand, GetFunctionCommand, TestFunctionCommand } =
      await import('@aws-sdk/client-cloudfront');
    const client = new CloudFrontClient(at(edgeRegion));
    const live = { Name, Stage: 'LIVE' } as const;
    const { FunctionCode } = await client.send(new GetFunctionCommand(live));
    const { ETag } = await client.send(new DescribeFunctionCommand(live));
    const { TestResult } = await client.send(
      new TestFunctionCommand({
        ...live,
        IfMatch: ETag,
        EventObject: Buffer.from(JSON.stringify(sampleEvent)),
      }),
    );
    const { FunctionErrorMessage: error, ComputeUtilization } = TestResult ?? {};
    return {
      code: Buffer.from(FunctionCode ?? []).toString('utf8'),
      ...(error === undefined || error === '' ? {} : { error }),
      computeUtilization: Number(ComputeUtilization),
    };
  });
}
