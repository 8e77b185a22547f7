import { describe, expect, test } from 'vitest';
import { dev } from '../config/environments/dev.ts';
import { checkConfiguration, loadCatalogue, loadConfiguration } from '../config/index.ts';
import { cacheControl, compilePolicy } from './authorizer-policy.ts';

describe('compilePolicy', () => {
  const policy = compilePolicy(loadConfiguration('prod'));

  test('adds each route under every route key of the HTTP API', () => {
    expect(policy.routes['GET /api/orders']).toEqual({
      service: 'order',
      access: { kind: 'permission', permission: 'orders:read' },
      signature: false,
      limits: ['user'],
      cost: 1,
      onLimitStoreFailure: 'open',
      rewrite: null,
      variants: [],
      cacheControl: 'private, no-store',
      addresses: null,
    });
    expect(policy.routes['HEAD /api/products']).toEqual(policy.routes['GET /api/products']);
    expect(policy.routes['HEAD /api/orders']).toEqual(policy.routes['GET /api/orders']);
    expect(policy.routes['HEAD /api/batch']).toBeUndefined();
  });

  test('resolves address lists and public caching', () => {
    expect(policy.routes['PUT /api/admin/products/{id}']?.addresses).toEqual(['203.0.113.0/24']);
    expect(policy.routes['GET /api/products']?.cacheControl).toBe(
      'public, max-age=60, stale-while-revalidate=300, stale-if-error=3600',
    );
    expect(cacheControl({ seconds: 5, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 })).toBe(
      'public, max-age=5',
    );
  });

  test('gives each issuer either a key set URL or a secret name', () => {
    const partner = {
      kind: 'hmac' as const,
      issuer: 'acme-erp',
      clientId: 'acme-erp',
      audience: 'store-api',
      algorithms: ['HS512' as const],
      permissions: ['orders:read'],
    };
    const { issuers } = compilePolicy(loadConfiguration('dev', { otherIssuers: [partner] }));
    expect(issuers).toEqual([
      {
        issuer: 'https://login.dev.store.example',
        jwksUri: 'https://login.dev.store.example/.well-known/jwks.json',
        audience: 'store-api',
        clientIds: null,
        scopePrefix: '',
        algorithms: ['RS256', 'ES256', 'EdDSA'],
        clockToleranceSeconds: 5,
        maxLifetimeSeconds: 30 * 86_400,
      },
      {
        issuer: 'acme-erp',
        bounds: {
          name: 'acme-erp',
          hasNamespacedSubjects: true,
          permissions: ['orders:read'],
          plan: null,
          roles: [],
          emailDomains: [],
        },
        secretId: 'gatehouse/dev/token-secret/acme-erp',
        audience: 'store-api',
        clientIds: ['acme-erp'],
        scopePrefix: '',
        algorithms: ['HS512'],
        clockToleranceSeconds: 5,
        maxLifetimeSeconds: 30 * 86_400,
      },
    ]);
  });

  test('derives the version from the content alone', () => {
    const changed = checkConfiguration(loadCatalogue(), {
      ...dev,
      addressLists: { operators: ['198.51.100.0/24'] },
    });

    expect(policy.version).toMatch(/^catalogue-[0-9a-f]{12}$/);
    expect(compilePolicy(loadConfiguration('prod')).version).toBe(policy.version);
    expect(compilePolicy(changed).version).not.toBe(compilePolicy(loadConfiguration('dev')).version);
  });
});
