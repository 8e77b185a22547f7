import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../lib/config/index.ts';
import { databaseServices } from '../../support/database-services.ts';
import { environmentNames, type Resource, resourcesOf } from '../../support/synth.ts';

interface Named {
  readonly Name: string;
}

/** The container of a service's task, by the service's name. */
function containerOf(environment: (typeof environmentNames)[number], service: string): Resource {
  const containers = resourcesOf(environment)
    .filter(({ resource }) => resource['Type'] === 'AWS::ECS::TaskDefinition')
    .flatMap(({ resource }) => resource['Properties'].ContainerDefinitions as Resource[]);
  const found = containers.find((container) =>
    (container['Environment'] as readonly (Named & { readonly Value: unknown })[]).some(
      ({ Name, Value }) => Name === 'SERVICE_NAME' && Value === service,
    ),
  );
  if (found === undefined) throw new Error(`Task of ${service} not found.`);
  return found;
}

describe.each(environmentNames)('the tasks of %s', (environment) => {
  const variables = (service: string) =>
    Object.fromEntries(
      (containerOf(environment, service)['Environment'] as readonly { Name: string; Value: unknown }[]).map(
        ({ Name, Value }) => [Name, Value],
      ),
    );
  const secrets = (service: string) =>
    ((containerOf(environment, service)['Secrets'] ?? []) as readonly Named[]).map(({ Name }) => Name);

  test('have the Service Connect URLs of the services that they call', () => {
    expect(variables('order')).toMatchObject({
      PRODUCT_URL: 'http://product:8080',
      INVENTORY_URL: 'http://inventory:8080',
      PAYMENT_URL: 'http://payment:8080',
    });
    expect(
      Object.keys(variables('recommendation')).filter(
        (name) => name !== 'EVENT_LOG_URL' && name.endsWith('_URL'),
      ),
    ).toEqual([]);
  });

  test('have a login to the limit store only if they use it', () => {
    const of = (service: string) =>
      Object.keys(variables(service)).filter((name) => name.startsWith('LIMIT_STORE_'));
    const iam =
      environment === 'local' ? [] : ['LIMIT_STORE_USER', 'LIMIT_STORE_CACHE_NAME', 'LIMIT_STORE_CACHE_KIND'];
    expect(of('inventory')).toEqual(['LIMIT_STORE_URL', 'LIMIT_STORE_TOPOLOGY', ...iam]);
    expect(of('order')).toEqual([]);
  });

  test('have a database login only if they use the database, with the password by reference', () => {
    const isLocal = environment === 'local';
    for (const service of databaseServices(loadCatalogue())) {
      expect(
        Object.keys(variables(service)).some((name) => name === (isLocal ? 'DATABASE_URL' : 'DATABASE_HOST')),
      ).toBe(true);
      expect(variables(service)).not.toHaveProperty('DATABASE_PASSWORD');
      const own = secrets(service).filter((name) => name.startsWith('DATABASE_'));
      expect(own.toSorted()).toEqual(
        isLocal
          ? []
          : ['DATABASE_OWNER_PASSWORD', 'DATABASE_OWNER_USER', 'DATABASE_PASSWORD', 'DATABASE_USER'],
      );
    }
    expect(secrets('recommendation')).toEqual([]);
  });

  test('have the Stripe key only in the payment service, if the environment has one', () => {
    const hasKey = environment === 'staging' || environment === 'prod';
    expect(secrets('payment').includes('STRIPE_SECRET_KEY')).toBe(hasKey);
    expect(secrets('order')).not.toContain('STRIPE_SECRET_KEY');
  });
});
