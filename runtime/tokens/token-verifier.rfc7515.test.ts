import type { KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import type { KeySetIssuer } from '../contracts/gateway-contract.ts';
import { isSigned } from './jws-signature.ts';
import { createKeySets } from './key-sets.ts';
import { issuers, noon } from './testing/test-issuers.ts';
import { createTokenVerifier } from './token-verifier.ts';

const noKeys = createTokenVerifier(
  createKeySets({ fetch: async () => ({ keys: [] }), onFailure: () => undefined }),
);
const refused = (reason: string) => ({ kind: 'refused', reason });

const joe = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const rsaModulus =
  'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ' +
  'S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2' +
  'R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD' +
  'TW9gb54h4FRWyuXpoQ';

/**
 * The examples that this profile can verify; those with HMAC, ES512 or `none` are refused by their algorithm.
 */
const standards = [
  {
    example: 'RFC 7515 A.2',
    alg: 'RS256',
    jwk: { kty: 'RSA', e: 'AQAB', n: rsaModulus },
    jws:
      `eyJhbGciOiJSUzI1NiJ9.${joe}.` +
      'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU' +
      'Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d' +
      'O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig' +
      'cN_IoypGlUPQGe77Rw',
  },
  {
    example: 'RFC 7515 A.3',
    alg: 'ES256',
    jwk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    jws: `eyJhbGciOiJFUzI1NiJ9.${joe}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  },
  {
    example: 'RFC 8037 A.4',
    alg: 'EdDSA',
    jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    jws:
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.' +
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  },
] as const;

test.each(standards)('$example: finds its key, which verifies its signature', async ({ alg, jwk, jws }) => {
  const keySets = createKeySets({ fetch: async () => ({ keys: [jwk] }), onFailure: () => undefined });
  const answer = await keySets.find(issuers[0] as KeySetIssuer, { alg, kid: undefined }, noon);
  if (answer.kind !== 'keys') throw new Error(answer.kind);
  const [key] = answer.keys as [KeyObject];
  expect(isSigned(jws, alg, key)).toBe(true);
  expect(isSigned(jws.replace(/^e/, 'f'), alg, key)).toBe(false);
});

test.each(standards.slice(0, 2))(
  '$example: the verifier passes the signature check, and only then checks claims',
  async ({ jwk, jws }) => {
    const itsVerifier = createTokenVerifier(
      createKeySets({ fetch: async () => ({ keys: [jwk] }), onFailure: () => undefined }),
    );
    const joes = { version: 'v1', issuers: [{ ...(issuers[0] as KeySetIssuer), issuer: 'joe' }] };
    // They name no audience.
    const reason = await itsVerifier.verify(jws, joes, 0);
    expect(reason).toEqual(refused('wrong-audience'));
    const forged = jws.replace(/.{4}$/, 'AAAA');
    expect(await itsVerifier.verify(forged, joes, 0)).toEqual(refused('bad-signature'));
  },
);

test('RFC 7515 A.1 and A.5: refuses HMAC and none, whatever they claim', async () => {
  const hmac = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${joe}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
  const joes = { version: 'v1', issuers: [{ ...(issuers[0] as KeySetIssuer), issuer: 'joe' }] };
  expect(await noKeys.verify(hmac, joes, 0)).toEqual(refused('algorithm-not-allowed'));
  expect((await noKeys.verify(`eyJhbGciOiJub25lIn0.${joe}.`, joes, 0)).kind).toBe('refused');
});
