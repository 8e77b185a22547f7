import { Template } from 'aws-cdk-lib/assertions';
import { EndpointType, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { describe, expect, test } from 'vitest';
import { PartnerDomain } from '../../../lib/features/partner-api/partner-domain.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { newApp, stageOf } from '../../support/synth.ts';
import { newStack, only } from '../../support/test-stack.ts';

const mutualTls = {
  name: 'partners.store.example',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/a',
  trustStore: { bucket: 'authorities', key: 'partners.pem', version: 'v1' },
};

describe("the partner API's custom domain", () => {
  const stack = newStack();
  const restApi = new RestApi(stack, 'Api', {
    endpointTypes: [EndpointType.REGIONAL],
    deployOptions: { stageName: 'partner' },
  });
  restApi.root.addMethod('GET');
  new PartnerDomain(stack, 'Domain', { ...mutualTls, restApi });
  const template = Template.fromStack(stack);

  test('refuses clients without a certificate of the trust store', () => {
    expect(only(template, 'AWS::ApiGateway::DomainName')['Properties']).toMatchObject({
      DomainName: 'partners.store.example',
      EndpointConfiguration: { Types: ['REGIONAL'] },
      RegionalCertificateArn: mutualTls.certificateArn,
      SecurityPolicy: 'TLS_1_2',
      MutualTlsAuthentication: {
        TruststoreUri: 's3://authorities/partners.pem',
        TruststoreVersion: 'v1',
      },
    });
  });

  test('serves the same paths as the edge', () => {
    expect(only(template, 'AWS::ApiGateway::BasePathMapping')['Properties']).toMatchObject({
      BasePath: 'partner',
      Stage: { Ref: expect.stringContaining('partner') as string },
    });
  });
});

test('an environment with the domain invokes the authorizer for every call, and outputs the DNS target', () => {
  const stage = stageOf(newApp(scratchFolder('mtls')), 'dev', { partner: { keys: {}, mutualTls } });
  const assembly = stage.synth();
  const template = assembly.stacks.find(({ hierarchicalId }) => hierarchicalId.endsWith('/Partner'))
    ?.template as {
    readonly Resources: Record<
      string,
      { readonly Type: string; readonly Properties: Record<string, unknown> }
    >;
    readonly Outputs: Record<string, unknown>;
  };
  const authorizer = Object.values(template.Resources).find(
    ({ Type }) => Type === 'AWS::ApiGateway::Authorizer',
  );
  expect(authorizer?.Properties).toMatchObject({ AuthorizerResultTtlInSeconds: 0 });
  expect(template.Outputs).toHaveProperty('DomainTarget');
});
