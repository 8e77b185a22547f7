import { Template } from 'aws-cdk-lib/assertions';
import { EndpointType, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { describe, expect, it } from 'vitest';
import { PartnerDomain } from '../../../lib/features/partner-api/partner-domain.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { newApp, stageOf } from '../../support/synth.ts';
import { newStack, only } from '../../support/test-stack.ts';

const mutualTls = {
  name: 'partners.store.example',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/a',
  trustStore: { bucket: 'authorities', key: 'partners.pem', version: 'v1' },
};

describe("the partner API's own domain", () => {
  const stack = newStack();
  const restApi = new RestApi(stack, 'Api', {
    endpointTypes: [EndpointType.REGIONAL],
    deployOptions: { stageName: 'partner' },
  });
  restApi.root.addMethod('GET');
  new PartnerDomain(stack, 'Domain', { ...mutualTls, restApi });
  const template = Template.fromStack(stack);

  it('takes nobody without a certificate that the trust store vouches for', () => {
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

  it('serves the same paths as the edge', () => {
    expect(only(template, 'AWS::ApiGateway::BasePathMapping')['Properties']).toMatchObject({
      BasePath: 'partner',
      Stage: { Ref: expect.stringContaining('partner') as string },
    });
  });
});

it('an environment with the domain asks about every call, and tells what the name has to lead to', () => {
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
