import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { catalogue } from '../../../lib/config/catalogue/catalogue.ts';
import { dev } from '../../../lib/config/environments/dev.ts';
import { checkConfiguration, loadCatalogue } from '../../../lib/config/index.ts';
import { GatewayStage } from '../../../lib/gateway-stage.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { newApp, type Resource, stubBundles } from '../../support/synth.ts';

const scratch = scratchFolder('own-service');
const folder = join(scratch, 'image');
mkdirSync(folder);
writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');

const digest = `sha256:${'ab'.repeat(32)}`;
const own = { kind: 'fargate', description: 'A service of the owner.', local: { command: ['own'] } } as const;

const templatesWith = (services: object): ReadonlyMap<string, Readonly<Record<string, Resource>>> => {
  const configuration = checkConfiguration(
    loadCatalogue({ ...catalogue, services: { ...catalogue.services, ...services } }),
    {
      ...dev,
      services: { ...dev.services, canaryImageTags: 'tagged' in services ? { tagged: 'next' } : {} },
    },
  );
  const stage = new GatewayStage(newApp(scratchFolder('own')), 'dev', {
    configuration,
    bundles: stubBundles(),
  });
  return new Map(stage.synth().stacks.map(({ stackName, template }) => [stackName, template.Resources]));
};

const containersOf = (resources: Readonly<Record<string, Resource>> = {}) =>
  Object.values(resources)
    .filter(({ Type: type }) => type === 'AWS::ECS::TaskDefinition')
    .map(({ Properties: { ContainerDefinitions } }) => ContainerDefinitions[0]);

test('tasks run the image, command, port and variables of the entry', { timeout: 60_000 }, () => {
  const templates = templatesWith({
    tagged: {
      ...own,
      image: { repository: 'gifts', tag: '1.4' },
      command: ['gifts', '--fast'],
      port: 9_000,
      environment: { CURRENCY: 'EUR' },
      canary: {},
    },
    pinned: { ...own, image: { repository: 'public.ecr.aws/nginx/nginx', digest } },
    foreign: { ...own, image: { repository: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/x', digest } },
    built: { ...own, image: { folder: relative('.', folder) } },
  });
  const [stable, canary] = containersOf(templates.get('gatehouse-dev-service-tagged'));
  expect(stable).toMatchObject({
    Command: ['gifts', '--fast'],
    PortMappings: [{ ContainerPort: 9_000 }],
    Environment: expect.arrayContaining([
      { Name: 'PORT', Value: '9000' },
      { Name: 'CURRENCY', Value: 'EUR' },
      { Name: 'SERVICE_NAME', Value: 'tagged' },
    ]),
  });
  expect(JSON.stringify(stable.Environment)).not.toContain('ROLE');
  expect([stable, canary].map(({ Image: image }) => JSON.stringify(image))).toEqual([
    expect.stringContaining('/gifts:1.4"'),
    expect.stringContaining('/gifts:next"'),
  ]);
  const imageOf = (service: string) =>
    JSON.stringify(containersOf(templates.get(`gatehouse-dev-service-${service}`))[0].Image);
  expect(imageOf('pinned')).toBe(`"public.ecr.aws/nginx/nginx@${digest}"`);
  expect(imageOf('foreign')).toContain(`/team/x@${digest}`);
  expect(imageOf('built')).toContain('cdk-hnb659fds-container-assets');

  const pullsFrom = (service: string) =>
    JSON.stringify(
      Object.values(templates.get(`gatehouse-dev-service-${service}`) ?? {}).filter(
        ({ Type: type }) => type === 'AWS::IAM::Policy',
      ),
    );
  expect(pullsFrom('foreign')).toContain('arn:aws:ecr:eu-west-1:111122223333:repository/team/x');
  expect(pullsFrom('tagged')).toContain(':repository/gifts');
});

test('a folder without a Dockerfile is refused by name', () => {
  expect(() => templatesWith({ built: { ...own, image: { folder: 'docs' } } })).toThrow(
    /dev\/Service-built has the folder "docs", which has no Dockerfile\. Add one, or correct the folder\./,
  );
});
