import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { replacedStatusCodes } from '../../features/services/refusal-status-codes.ts';
import { type Check, inconclusive, passUnlessFaults } from './check.ts';
import { type AwsPorts, allPages, type DeployedResource } from './deployment.ts';

/** Resources of a type that the checks cannot do without. */
export function requiredResources({ inventory }: AwsPorts, type: string): readonly DeployedResource[] {
  const found = inventory.ofType(type);
  if (found.length === 0) throw new Error(`the stacks have no ${type}`);
  return found;
}

/** What CloudFormation leaves in a property whose dynamic reference it does not resolve. */
const unresolved = '{{resolve';

/** The HTTP API, the VPC links, the load balancer and its targets, as AWS has them. */
export const requestPathChecks: readonly Check<AwsPorts>[] = [
  {
    name: 'stacks-complete',
    remedy: 'Deploy the stack again; UPDATE_ROLLBACK_FAILED: npx cdk rollback.',
    run: async ({ inventory: { stacks } }) =>
      passUnlessFaults(
        stacks.length === 0
          ? ['the account has no stack of the environment']
          : stacks
              .filter(({ status }) => !/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status))
              .map(({ name, status }) => `${name} is ${status}`),
        `${stacks.length} stacks`,
      ),
  },
  {
    name: 'vpc-link-available',
    assumption: 'vpc-link-idle',
    remedy: 'A link without traffic for 60 days is INACTIVE: call the API, and wait some minutes.',
    run: async (ports) => {
      const faults: string[] = [];
      for (const { physicalId, region } of requiredResources(ports, 'AWS::ApiGatewayV2::VpcLink')) {
        const { VpcLinkStatus } = await ports.aws.httpApis(region).getVpcLink({ VpcLinkId: physicalId });
        if (VpcLinkStatus !== 'AVAILABLE') faults.push(`${physicalId} is ${VpcLinkStatus}`);
      }
      return passUnlessFaults(faults, 'AVAILABLE');
    },
  },
  {
    name: 'integration-mappings-kept',
    assumption: 'mappings-per-integration',
    remedy:
      'The API has fewer mappings than the template: lower maxResponseMappings, and deploy the API stack.',
    run: async (ports) => {
      const faults: string[] = [];
      let count = 0;
      for (const { physicalId, region } of requiredResources(ports, 'AWS::ApiGatewayV2::Api')) {
        const client = ports.aws.httpApis(region);
        const pages = await allPages(
          async (NextToken) => await client.getIntegrations({ ApiId: physicalId, NextToken }),
        );
        for (const { IntegrationId, ResponseParameters } of pages.flatMap(({ Items = [] }) => Items)) {
          const statuses = Object.keys(ResponseParameters ?? {});
          // Only integrations with the load balancer's refusals have all of these.
          const kept = replacedStatusCodes.filter(({ from }) => statuses.includes(String(from)));
          if (kept.length === 0) continue;
          count += 1;
          for (const { from, by } of replacedStatusCodes) {
            const written = ResponseParameters?.[String(from)]?.['overwrite:statuscode'];
            if (written !== String(by))
              faults.push(`${IntegrationId} makes ${written ?? 'nothing'} of ${from}`);
          }
        }
      }
      return count === 0
        ? passUnlessFaults(['no integration replaces the refusals of the load balancer'], '')
        : passUnlessFaults(faults, `${count} integrations replace the statuses of refusals`);
    },
  },
  {
    name: 'refusal-rules-present',
    assumption: 'fixed-answer-through-private-integration',
    remedy: 'The listener lacks rules of decision-listener.ts: deploy the stack Service.',
    run: async (ports) => {
      const statuses = (await rulesOf(ports)).flatMap(({ Actions = [] }) =>
        Actions.map(({ FixedResponseConfig }) => FixedResponseConfig?.StatusCode),
      );
      return passUnlessFaults(
        replacedStatusCodes
          .filter(({ from }) => !statuses.includes(String(from)))
          .map(({ from }) => `no ${from}`),
        'every refusal has its own status',
      );
    },
  },
  {
    name: 'forged-decision-rule',
    assumption: 'listener-repeated-header',
    remedy:
      'The first rule of the listener is not forgedDecision of decision-listener.ts: deploy the stack Service.',
    run: async (ports) => {
      const [first] = (await rulesOf(ports)).filter(({ Priority }) => Priority === '5');
      const conditions = first?.Conditions?.filter(({ Field }) => Field === 'http-header') ?? [];
      return passUnlessFaults(
        conditions.length === 2 ? [] : ['no rule of priority 5 has two conditions'],
        'priority 5',
      );
    },
  },
  {
    name: 'secrets-resolved-in-rules',
    assumption: 'dynamic-references',
    remedy:
      'CloudFormation left a dynamic reference as text: its value can be guessed. Deploy the stack again.',
    run: async (ports) => {
      const rules = (await rulesOf(ports)).filter((rule) => JSON.stringify(rule).includes(unresolved));
      const faults = rules.map(({ Priority }) => `the listener rule of priority ${Priority}`);
      for (const acl of ports.inventory.ofType('AWS::WAFv2::WebACL')) {
        const found = await findWebAcl(ports, acl);
        if (JSON.stringify(found).includes(unresolved)) faults.push(`the web ACL ${found?.Name}`);
      }
      return passUnlessFaults(faults, 'no rule holds a dynamic reference');
    },
  },
  {
    name: 'targets-healthy',
    remedy: 'A group without a healthy target means 503: look at the events of the service in ECS.',
    run: async (ports) => {
      const rules = await rulesOf(ports);
      const faults: string[] = [];
      for (const { physicalId, logicalId, region } of requiredResources(
        ports,
        'AWS::ElasticLoadBalancingV2::TargetGroup',
      )) {
        if (!isWeighted(rules, physicalId)) continue;
        const { TargetHealthDescriptions = [] } = await ports.aws
          .loadBalancing(region)
          .describeTargetHealth({ TargetGroupArn: physicalId });
        const healthy = TargetHealthDescriptions.filter(
          ({ TargetHealth }) => TargetHealth?.State === 'healthy',
        );
        if (healthy.length === 0) faults.push(`${logicalId} has no healthy target`);
      }
      return passUnlessFaults(faults, 'every group that gets calls has a healthy target');
    },
  },
  {
    name: 'partner-integration-targets',
    assumption: 'rest-integration-target',
    remedy:
      'The partner API has an integration without a load balancer: see load-balancer-rest-integration.ts.',
    run: async (ports) => {
      const apis = ports.inventory.ofType('AWS::ApiGateway::RestApi');
      if (apis.length === 0) return inconclusive('the stacks have no REST API');
      const faults: string[] = [];
      for (const { physicalId, region } of apis) {
        const { items = [] } = await ports.aws
          .apiGateway(region)
          .getResources({ restApiId: physicalId, embed: ['methods'], limit: 500 });
        for (const { path, resourceMethods = {} } of items) {
          for (const [method, { methodIntegration }] of Object.entries(resourceMethods)) {
            if (methodIntegration?.connectionType !== 'VPC_LINK') continue;
            if (!methodIntegration.integrationTarget?.includes(':loadbalancer/app/')) {
              faults.push(`${method} ${path} leads to ${methodIntegration.integrationTarget ?? 'nothing'}`);
            }
          }
        }
      }
      return passUnlessFaults(faults, 'every integration leads to the load balancer');
    },
  },
];

/** The web ACL that a resource is: its physical id is `NAME|ID|SCOPE`. */
export async function findWebAcl({ aws }: AwsPorts, { physicalId, region }: DeployedResource) {
  const [Name, Id, Scope] = physicalId.split('|');
  const { WebACL } = await aws
    .firewall(region)
    .getWebACL({ Name, Id, Scope: Scope === 'CLOUDFRONT' ? 'CLOUDFRONT' : 'REGIONAL' });
  return WebACL;
}

async function rulesOf(ports: AwsPorts): Promise<Rule[]> {
  const rules: Rule[] = [];
  for (const { physicalId, region } of requiredResources(ports, 'AWS::ElasticLoadBalancingV2::Listener')) {
    const client = ports.aws.loadBalancing(region);
    let Marker: string | undefined;
    do {
      const page = await client.describeRules({ ListenerArn: physicalId, Marker });
      rules.push(...(page.Rules ?? []));
      Marker = page.NextMarker;
    } while (Marker !== undefined && Marker !== '');
  }
  return rules;
}

/** Whether a rule sends calls to a group: of the two of a blue/green service one gets none. */
function isWeighted(rules: readonly Rule[], targetGroup: string): boolean {
  return rules
    .flatMap(({ Actions = [] }) => Actions)
    .some(
      ({ TargetGroupArn, ForwardConfig }) =>
        TargetGroupArn === targetGroup ||
        ForwardConfig?.TargetGroups?.some(
          (group) => group.TargetGroupArn === targetGroup && (group.Weight ?? 1) > 0,
        ),
    );
}
