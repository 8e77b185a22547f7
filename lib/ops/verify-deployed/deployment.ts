import { edgeRegion } from '../../compile/edge-resource-names.ts';
import { type Environment, regionsOf } from '../../config/index.ts';
import type { StackTemplate } from '../quotas/region-resources.ts';
import type { AwsClients } from './aws-clients.ts';

/** A resource that CloudFormation has made. */
export interface DeployedResource {
  readonly stack: string;
  readonly region: string;
  readonly type: string;
  readonly logicalId: string;
  /** As its service knows it: a name, an id, an ARN or an URL, by type. */
  readonly physicalId: string;
}

export interface DeployedStack {
  readonly name: string;
  readonly region: string;
  readonly status: string;
  readonly isProtected: boolean;
}

/** What the account has of an environment. */
export interface DeploymentInventory {
  readonly stacks: readonly DeployedStack[];
  ofType(type: string): readonly DeployedResource[];
  /** Base URLs, as far as there are stacks that say them. */
  readonly urls: {
    readonly url: string | undefined;
    readonly apiUrl: string | undefined;
    readonly partnerUrl: string | undefined;
  };
}

/** What the checks by AWS's APIs need. */
export interface AwsPorts {
  readonly aws: AwsClients;
  readonly environment: Environment;
  readonly inventory: DeploymentInventory;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Reads the stacks of an environment in all its regions, and what they have made. */
export async function readInventory(aws: AwsClients, environment: Environment): Promise<DeploymentInventory> {
  const own = regionsOf(environment).map((region) => region.environment.region);
  const stacks: DeployedStack[] = [];
  const resources: DeployedResource[] = [];
  let url: string | undefined;
  for (const region of new Set([...own, edgeRegion])) {
    const client = aws.cloudFormation(region);
    const pages = await allPages(async (NextToken) => await client.describeStacks({ NextToken }));
    for (const stack of pages.flatMap(({ Stacks = [] }) => Stacks)) {
      const name = stack.StackName ?? '';
      if (!name.startsWith(`gatehouse-${environment.name}-`)) continue;
      const isProtected = stack.EnableTerminationProtection === true;
      stacks.push({ name, region, status: stack.StackStatus ?? '', isProtected });
      if (name === `gatehouse-${environment.name}-edge`) {
        url = stack.Outputs?.find(({ OutputKey }) => OutputKey === 'Url')?.OutputValue;
      }
      resources.push(...(await resourcesOf(aws, region, name)));
    }
  }
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  const endpointOf = (type: string) => {
    const [api] = ofType(type).filter(({ region }) => region === environment.region);
    return api === undefined
      ? undefined
      : `https://${api.physicalId}.execute-api.${api.region}.amazonaws.com`;
  };
  const { api } = environment;
  const apiUrl =
    api.domain === undefined ? endpointOf('AWS::ApiGatewayV2::Api') : `https://${api.domain.name}`;
  return { stacks, ofType, urls: { url, apiUrl, partnerUrl: endpointOf('AWS::ApiGateway::RestApi') } };
}

async function resourcesOf(aws: AwsClients, region: string, stack: string): Promise<DeployedResource[]> {
  const client = aws.cloudFormation(region);
  const pages = await allPages(
    async (NextToken) => await client.listStackResources({ StackName: stack, NextToken }),
  );
  return pages
    .flatMap(({ StackResourceSummaries = [] }) => StackResourceSummaries)
    .map(({ ResourceType = '', LogicalResourceId = '', PhysicalResourceId = '' }) => ({
      stack,
      region,
      type: ResourceType,
      logicalId: LogicalResourceId,
      physicalId: PhysicalResourceId,
    }));
}

/** The template that a stack was deployed with. */
export async function templateOf(
  aws: AwsClients,
  { stack, region }: DeployedResource,
): Promise<StackTemplate> {
  const { TemplateBody = '{}' } = await aws.cloudFormation(region).getTemplate({ StackName: stack });
  return { name: stack, region, template: JSON.parse(TemplateBody) as StackTemplate['template'] };
}

/** All pages of a list whose pages name the next one by `NextToken`. */
export async function allPages<Page extends { readonly NextToken?: string | undefined }>(
  read: (token: string | undefined) => Promise<Page>,
): Promise<Page[]> {
  const pages: Page[] = [];
  let token: string | undefined;
  do {
    const page = await read(token);
    pages.push(page);
    token = page.NextToken;
  } while (token !== undefined && token !== '');
  return pages;
}
