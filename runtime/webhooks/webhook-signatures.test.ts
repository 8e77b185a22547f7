import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';
import {
  type SignedRequest,
  standardSignature,
  stripeSignature,
  verifyStandard,
  verifyStripe,
  type WebhookSignatureSettings,
} from './webhook-signatures.ts';

const now = Date.UTC(2026, 10, 20, 12);
const time = now / 1_000;
const bytes = (text: string) => Buffer.from(text);
const terms = (
  secrets: readonly string[],
  more: Partial<WebhookSignatureSettings> = {},
): WebhookSignatureSettings => ({
  secrets,
  toleranceSeconds: 300,
  now,
  ...more,
});

describe('the signature of Stripe', () => {
  const secret = 'whsec_test_secret';
  const body = '{"id":"evt_1","object":"event"}';
  const stripe = new Stripe('sk_test_0');
  const header = (
    options: { readonly timestamp?: number; readonly payload?: string; readonly secret?: string } = {},
  ) => stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: time, ...options });
  const call = (value: string, payload = body): SignedRequest => ({
    headers: { 'stripe-signature': value },
    body: bytes(payload),
  });

  test("accepts a signature of Stripe's own library", () => {
    expect(verifyStripe(call(header()), terms([secret]))).toEqual({ kind: 'valid' });
  });

  test("is accepted by Stripe's own library, whatever the body", () => {
    const law = fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.string({ minLength: 1 }),
      (text, key) => {
        fc.pre(key.trim() === key && !/\s/.test(key));
        const payload = JSON.stringify({ text });
        const seconds = Math.floor(Date.now() / 1_000);
        const value = `t=${seconds},v1=${stripeSignature(key, String(seconds), bytes(payload))}`;
        expect(stripe.webhooks.constructEvent(payload, value, key)).toEqual({ text });
      },
    );
    fc.assert(law, { numRuns: 100 });
  });

  test('accepts any live secret and any of its signatures', () => {
    expect(verifyStripe(call(header()), terms(['whsec_new', secret]))).toEqual({ kind: 'valid' });
    const [, own = ''] = /v1=(\w+)/.exec(header()) ?? [];
    expect(verifyStripe(call(`t=${time},v1=${'0'.repeat(64)},v1=${own}`), terms([secret]))).toEqual({
      kind: 'valid',
    });
    expect(verifyStripe(call(`t=${time},v0=${'0'.repeat(64)},v1=${own},v2=x`), terms([secret]))).toEqual({
      kind: 'valid',
    });
  });

  test('refuses a signature with only another scheme', () => {
    const [, own = ''] = /v1=(\w+)/.exec(header()) ?? [];
    expect(verifyStripe(call(`t=${time},v0=${own}`), terms([secret]))).toEqual({ kind: 'malformed' });
  });

  test.each([
    'nonsense',
    't=,v1=aa',
    't=1e3,v1=aa',
    'v1=aa',
    `t=${time}`,
    `t=${time},t=${time},v1=aa`,
    ',,,',
    '=',
  ])('reads %j as malformed', (value) => {
    expect(verifyStripe(call(value), terms([secret]))).toEqual({ kind: 'malformed' });
  });

  test('reports a missing signature as missing', () => {
    expect(verifyStripe({ headers: {}, body: bytes(body) }, terms([secret]))).toEqual({ kind: 'missing' });
  });

  test.each([
    ['another body', header(), `${body} `, [secret]],
    ['another time', header().replace(`t=${time}`, `t=${time + 1}`), body, [secret]],
    ['another secret', header({ secret: 'whsec_other' }), body, [secret]],
    ['no live secret', header(), body, []],
    ['an empty secret', header({ secret: ' ' }), body, ['', ' ']],
    ['a part of itself', header().slice(0, -1), body, [secret]],
  ])('does not match with %s', (_, value, payload, secrets) => {
    expect(verifyStripe(call(value, payload), terms(secrets))).toEqual({ kind: 'mismatch' });
  });

  test.each([-301, -300, 300, 301])('of %d s from now is checked against the tolerance', (apart) => {
    const kind = Math.abs(apart) <= 300 ? 'valid' : 'stale';
    expect(verifyStripe(call(header({ timestamp: time + apart })), terms([secret]))).toEqual({ kind });
  });

  test('accepts a secret with a trailing line end', () => {
    expect(verifyStripe(call(header()), terms([`${secret}\n`]))).toEqual({ kind: 'valid' });
  });
});

describe('the signature of Standard Webhooks', () => {
  /** The example of the specification's reference implementations. */
  const example = {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    time: 1_614_265_330,
    body: '{"test": 2432232314}',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const call = (changes: Readonly<Record<string, string>> = {}, body = example.body): SignedRequest => ({
    headers: {
      'webhook-id': example.id,
      'webhook-timestamp': String(example.time),
      'webhook-signature': example.signature,
      ...changes,
    },
    body: bytes(body),
  });
  const at = example.time * 1_000;
  const verify = (signed: SignedRequest, secrets: readonly string[] = [example.secret], when = at) =>
    verifyStandard(signed, terms(secrets, { now: when })).kind;

  test("accepts the specification's example, with its secret's prefix and without", () => {
    expect(verify(call())).toBe('valid');
    expect(verify(call(), [example.secret.slice('whsec_'.length)])).toBe('valid');
  });

  test("is accepted by the specification's own library, whatever the body", () => {
    const law = fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 24, max: 64 }),
      (text, length) => {
        const secret = `whsec_${randomBytes(length).toString('base64')}`;
        const payload = JSON.stringify({ text });
        const when = new Date();
        const seconds = String(Math.floor(when.getTime() / 1_000));
        const signature = standardSignature(secret, 'msg_1', seconds, bytes(payload));
        expect(`v1,${signature}`).toBe(new Webhook(secret).sign('msg_1', when, payload));
        const headers = {
          'webhook-id': 'msg_1',
          'webhook-timestamp': seconds,
          'webhook-signature': `v1,${signature}`,
        };
        expect(new Webhook(secret).verify(payload, headers)).toEqual({ text });
      },
    );
    fc.assert(law, { numRuns: 100 });
  });

  test('accepts any live secret and any of its signatures', () => {
    const other = `whsec_${Buffer.alloc(24).toString('base64')}`;
    expect(verify(call(), [other, example.secret])).toBe('valid');
    const several = `v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1a,ignored ${example.signature} v2,x`;
    expect(verify(call({ 'webhook-signature': several }))).toBe('valid');
  });

  test.each([
    [{ 'webhook-signature': '' }, 'missing'],
    [{ 'webhook-id': '' }, 'malformed'],
    [{ 'webhook-timestamp': 'hello' }, 'malformed'],
    [{ 'webhook-signature': example.signature.replace('v1,', 'v2,') }, 'malformed'],
    [{ 'webhook-signature': 'v1' }, 'mismatch'],
    [{ 'webhook-signature': 'v1,dGVzdA==' }, 'mismatch'],
    [{ 'webhook-id': 'msg_other' }, 'mismatch'],
    [{ 'webhook-timestamp': String(example.time + 1) }, 'mismatch'],
  ])('with %j is %s', (changes, kind) => {
    expect(verify(call(changes))).toBe(kind);
  });

  test('does not match with a secret that is not base64, or is missing', () => {
    for (const secrets of [['whsec_'], [''], ['two words'], []])
      expect(verify(call(), secrets)).toBe('mismatch');
  });

  test.each([-301, -300, 300, 301])('of %d s from now is checked against the tolerance', (apart) => {
    expect(verify(call(), [example.secret], at + apart * 1_000)).toBe(
      Math.abs(apart) <= 300 ? 'valid' : 'stale',
    );
  });
});
