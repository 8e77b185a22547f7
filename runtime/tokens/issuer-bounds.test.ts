import { createSecretKey } from 'node:crypto';
import * as fc from 'fast-check';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { HmacIssuer, IssuerBounds, IssuerPolicy, KeySetIssuer } from '../contracts/gateway-contract.ts';
import { grantsPermission } from '../contracts/permissions.ts';
import { createHmacKeys } from './hmac-keys.ts';
import { clientCallerKey, type Identity, readIdentity, tokenCallerKey } from './identity.ts';
import { createKeySets } from './key-sets.ts';
import {
  createIssuer,
  createKey,
  noon,
  issuers as shopIssuers,
  signToken,
  type TestKey,
} from './testing/test-issuers.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { TokenVerifier } from './verification.ts';

const closed: Omit<IssuerBounds, 'name'> = {
  hasNamespacedSubjects: true,
  permissions: [],
  plan: null,
  roles: [],
  emailDomains: [],
};
const [shop] = shopIssuers as [KeySetIssuer];
const acme: KeySetIssuer = {
  ...shop,
  issuer: 'https://id.acme.example',
  jwksUri: 'https://id.acme.example/jwks.json',
  bounds: {
    ...closed,
    name: 'acme',
    permissions: ['orders:read', 'inventory:*'],
    plan: 'pro',
    roles: ['buyer'],
    emailDomains: ['acme.example'],
  },
};
const nothing: KeySetIssuer = {
  ...acme,
  issuer: 'https://id.nothing.example',
  bounds: { ...closed, name: 'nothing' },
};
const erp: HmacIssuer = {
  ...shop,
  issuer: 'erp',
  clientIds: ['erp'],
  secretId: 'erp',
  algorithms: ['HS256'],
  bounds: { ...closed, name: 'erp', permissions: ['orders:**'] },
};
const sharing: KeySetIssuer = {
  ...acme,
  issuer: 'https://id.sharing.example',
  bounds: { ...closed, name: 'sharing', hasNamespacedSubjects: false, permissions: ['orders:read'] },
};
const environment: readonly IssuerPolicy[] = [shop, acme, nothing, erp, sharing];
const read = (issuer: IssuerPolicy, claims: Record<string, unknown>) =>
  readIdentity(issuer, claims, environment);

const grant = fc
  .array(fc.constantFrom('orders', 'inventory', 'users', 'read', 'write', '*', '**'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((segments) => segments.join(':'));
const permission = fc
  .tuple(fc.constantFrom('orders', 'inventory', 'users'), fc.constantFrom('read', 'write'))
  .map((segments) => segments.join(':'));
const subject = fc.oneof(
  fc.string(),
  fc.constantFrom(
    'alice',
    'acme|alice',
    'erp|alice',
    'nothing|',
    'acme|erp|alice',
    'sharing|alice',
    'auth0|alice',
  ),
);
const claims = fc.record(
  {
    sub: subject,
    email: fc.oneof(
      fc.emailAddress(),
      fc.constantFrom('a@acme.example', 'a@acme.example.evil', 'acme.example'),
      fc.anything(),
    ),
    role: fc.oneof(fc.constantFrom('admin', 'buyer', 'constructor'), fc.anything()),
    plan: fc.oneof(fc.constantFrom('free', 'enterprise', '__proto__'), fc.anything()),
    client_id: fc.oneof(subject, fc.anything()),
    azp: subject,
    permissions: fc.oneof(fc.array(fc.oneof(grant, fc.anything())), fc.anything()),
    scope: fc.oneof(
      fc.array(grant).map((words) => words.join(' ')),
      fc.anything(),
    ),
  },
  { requiredKeys: ['sub'] },
);

describe('the claims of another issuer', () => {
  const bounded = fc.constantFrom(acme, nothing, erp, sharing);

  test('grant only the permissions that the environment allows', () => {
    fc.assert(
      fc.property(bounded, claims, permission, (issuer, claimed, wanted) => {
        const { grants = [] } = read(issuer, claimed) ?? {};
        const mayBe = grantsPermission(issuer.bounds?.permissions ?? [], wanted);
        expect(grantsPermission(grants, wanted) && !mayBe).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('grant all permissions that they claim within the allowed ones', () => {
    fc.assert(
      fc.property(bounded, fc.array(grant), permission, (issuer, permissions, wanted) => {
        const { grants = [] } = read(issuer, { sub: 'a', permissions }) ?? {};
        const expected =
          grantsPermission(permissions, wanted) && grantsPermission(issuer.bounds?.permissions ?? [], wanted);
        expect(grantsPermission(grants, wanted)).toBe(expected);
      }),
    );
  });

  test('choose no plan, and no role or address that the environment does not name', () => {
    fc.assert(
      fc.property(bounded, claims, (issuer, claimed) => {
        const identity = read(issuer, claimed);
        if (identity === undefined) return;
        expect(identity.plan).toBe(issuer.bounds?.plan ?? '-');
        expect(['-', ...(issuer.bounds?.roles ?? [])]).toContain(identity.userRole);
        const domains = (issuer.bounds?.emailDomains ?? []).map((domain) => `@${domain}`);
        const isOfDomain = domains.some((domain) => identity.userEmail.toLowerCase().endsWith(domain));
        expect(identity.userEmail === '-' || isOfDomain).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('name no client of the gateway, but the one that an HMAC issuer is for', () => {
    fc.assert(
      fc.property(fc.constantFrom(acme, nothing, sharing), claims, (issuer, claimed) => {
        const { clientId = '-' } = read(issuer, claimed) ?? {};
        expect(clientId === '-' || clientId.startsWith(`${issuer.bounds?.name}|`)).toBe(true);
      }),
    );
    expect(read(erp, { sub: 'a', client_id: 'erp' })).toMatchObject({ clientId: 'erp' });
  });

  test('are all accepted only when the environment says so', () => {
    const claimed = {
      sub: 'alice',
      email: 'alice@ACME.example',
      role: 'buyer',
      plan: 'enterprise',
      client_id: 'web',
      permissions: ['orders:*', 'users:read'],
    };
    expect(read(acme, claimed)).toMatchObject({
      userId: 'acme|alice',
      userEmail: 'alice@ACME.example',
      userRole: 'buyer',
      plan: 'pro',
      clientId: 'acme|web',
      grants: ['orders:read'],
    });
    expect(read(nothing, { ...claimed, role: 'admin' })).toMatchObject({
      userId: 'nothing|alice',
      userEmail: '-',
      userRole: '-',
      plan: '-',
      grants: [],
    });
  });

  test('are compared within bounded work', () => {
    const permissions = Array.from({ length: 2_000 }, (_, index) => `orders:r${index}`);
    expect(
      read({ ...erp, bounds: { ...erp.bounds, permissions: ['**'] } }, { sub: 'a', permissions })?.grants,
    ).toHaveLength(256);
  });
});

describe('callers of two issuers', () => {
  const owner = ({ userId, caller }: Identity) => ({ userId, caller });

  test('are never one caller to the limit store, and one user to services only when subjects are shared', () => {
    const pair = fc.tuple(fc.constantFrom(...environment), fc.constantFrom(...environment), claims, claims);
    fc.assert(
      fc.property(pair, ([one, other, itsClaims, othersClaims]) => {
        fc.pre(one !== other);
        const first = read(one, itsClaims);
        const second = read(other, othersClaims);
        if (first === undefined || second === undefined) return;
        expect(owner(first).caller).not.toBe(owner(second).caller);
        const isShared = [one, other].every(({ bounds }) => bounds?.hasNamespacedSubjects !== true);
        expect(first.userId === second.userId && !isShared).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each(['acme|alice', 'erp|', 'nothing|acme|alice'])(
    "cannot collide by the shop's subject %s, which is refused",
    (sub) => {
      expect(read(shop, { sub })).toBeUndefined();
      expect(read(sharing, { sub })).toBeUndefined();
    },
  );

  test('leave the shop every other subject and client', () => {
    expect(read(shop, { sub: 'auth0|alice', client_id: 'web|1' })).toMatchObject({
      userId: 'auth0|alice',
      clientId: 'web|1',
    });
    expect(read(shop, { sub: 'alice', client_id: 'acme|web' })).toMatchObject({ clientId: '-' });
  });
});

describe('a client that signs its own tokens', () => {
  test('is one caller, however many subjects it invents', () => {
    fc.assert(
      fc.property(subject, (sub) => {
        const identity = read(erp, { sub, client_id: 'erp' });
        expect([undefined, clientCallerKey('erp')]).toContain(identity?.caller);
      }),
    );
    expect(tokenCallerKey(erp, 'x')).toBe(clientCallerKey('erp'));
    expect(tokenCallerKey(acme, 'x')).not.toBe(tokenCallerKey(acme, 'y'));
  });
});

describe('the verifier', () => {
  let key: TestKey;
  let verifier: TokenVerifier;
  beforeAll(async () => {
    key = await createKey('ES256', 'ec');
    const keySets = createKeySets({ fetch: createIssuer(key).fetch, onFailure: () => undefined });
    const hmacKeys = createHmacKeys(environment, {
      readSecret: async () => ['s'.repeat(64)],
      onFailure: () => undefined,
      onShortKey: () => undefined,
    });
    verifier = createTokenVerifier(keySets, hmacKeys);
  });
  const verify = (token: string) => verifier.verify(token, { version: 'v1', issuers: environment }, noon);

  test('applies the bounds to tokens verified by keys and by a secret', async () => {
    const admin = { role: 'admin', permissions: ['**'], plan: 'enterprise' };
    expect(await verify(await signToken(key, { iss: acme.issuer, ...admin }))).toMatchObject({
      kind: 'verified',
      token: {
        identity: { userId: 'acme|ada', userRole: '-', plan: 'pro', grants: ['orders:read', 'inventory:*'] },
      },
    });
    const token = await new SignJWT({
      ...admin,
      sub: 'ada',
      client_id: 'erp',
      exp: noon / 1_000 + 60,
      iss: 'erp',
      aud: 'store-api',
    })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(createSecretKey(Buffer.from('s'.repeat(64))));
    expect(await verify(token)).toMatchObject({
      kind: 'verified',
      token: { identity: { userId: 'erp|ada', userRole: '-', plan: '-', grants: ['orders:**'] } },
    });
  });

  test("refuses a token of the shop whose subject is in another issuer's name space", async () => {
    const result = await verify(await signToken(key, { sub: 'acme|ada' }));
    expect(result).toEqual({ kind: 'refused', reason: 'bad-claims' });
  });
});
