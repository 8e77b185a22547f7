import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { prod } from '../../lib/config/environments/prod.ts';
import { ConfigError, checkConfiguration, loadCatalogue } from '../../lib/config/index.ts';
import { GatewayStage } from '../../lib/gateway-stage.ts';
import { environmentFor, manyServices } from '../support/many-services.ts';
import { scratchFolder } from '../support/scratch.ts';
import { newApp, type Resource, stubBundles, type Template } from '../support/synth.ts';

const services = 100;
const routes = 280;
const scratch = scratchFolder('scale');

function templatesOf(count: number): ReadonlyMap<string, Template> {
  const catalogue = loadCatalogue(manyServices(count, routes));
  const configuration = checkConfiguration(catalogue, environmentFor(prod, count));
  const stage = new GatewayStage(newApp(scratch), 'prod', { configuration, bundles: stubBundles() });
  return new Map(
    stage
      .synth()
      .stacks.map(({ stackName, templateFullPath }) => [
        stackName,
        JSON.parse(readFileSync(templateFullPath, 'utf8')) as Template,
      ]),
  );
}

describe(`a catalogue of ${services} services and ${routes} routes`, () => {
  let templates: ReadonlyMap<string, Template>;
  beforeAll(() => {
    templates = templatesOf(services);
  }, 60_000);

  const ofType = (type: string): Resource[] =>
    [...templates.values()].flatMap(({ Resources }) =>
      Object.values(Resources).filter((resource) => resource['Type'] === type),
    );

  test('is synthesised with a stack for each service', () => {
    const stacks = [...templates.keys()].filter((name) => name.startsWith('gatehouse-prod-service-'));
    expect(stacks).toHaveLength(services);
    // Besides those of the catalogue: health, and three methods at unmatched paths.
    expect(ofType('AWS::ApiGatewayV2::Route')).toHaveLength(routes + 2 + 6);
  });

  test("stays within CloudFormation's quotas per stack", () => {
    const over = [...templates].filter(
      ([, template]) =>
        Object.keys(template.Resources).length > 500 ||
        Buffer.byteLength(JSON.stringify(template)) > 1_000_000 ||
        Object.keys(template['Outputs'] ?? {}).length > 200,
    );
    expect(over.map(([name]) => name)).toEqual([]);
  });

  test("stays within the load balancer's quotas, as raised in the environment", () => {
    const rules = ofType('AWS::ElasticLoadBalancingV2::ListenerRule');
    expect(rules).toHaveLength(services + 12);
    expect(ofType('AWS::ElasticLoadBalancingV2::TargetGroup')).toHaveLength(100);
    const priorities = rules.map((rule) => rule['Properties'].Priority);
    expect(new Set(priorities).size).toBe(priorities.length);
  });

  test("has alarms for every service, within CloudWatch's quotas", () => {
    const groups = ofType('AWS::CloudWatch::CompositeAlarm').map(
      (group) => group['Properties'].AlarmDescription,
    );
    expect(groups.filter((description) => String(description).startsWith('The service "'))).toHaveLength(
      services,
    );
    const [dashboard] = ofType('AWS::CloudWatch::Dashboard');
    const text = JSON.stringify(dashboard?.['Properties'].DashboardBody);
    // A metric begins with its namespace. A dashboard may have 500 widgets and 2,500 metrics.
    expect(text.split('\\"type\\":').length).toBeLessThan(500);
    expect(text.split('[\\"AWS/').length + text.split('[\\"Gatehouse').length).toBeLessThan(2_500);
  });

  test('is refused with the name of the quota if a quota is not raised or cannot be raised', () => {
    const faultsOf = (count: number, quotas: object) => {
      try {
        const catalogue = loadCatalogue(manyServices(count, routes));
        checkConfiguration(catalogue, { ...environmentFor(prod, count), quotas });
        return '';
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
        throw error;
      }
    };
    expect(faultsOf(services, {})).toContain('needs 112 rules of the load balancer; AWS allows 100.');
    expect(faultsOf(services + 1, { rulesPerLoadBalancer: 200 })).toContain(
      'needs 101 target groups of the load balancer; AWS allows 100.',
    );
  });
});
