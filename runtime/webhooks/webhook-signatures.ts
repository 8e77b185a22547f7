import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * How webhooks are signed, in the two formats that there are, and what is wrong with one that does not hold. A signature
 * counts over the bytes as they came; an age is judged only of what is truly signed.
 */
export type WebhookSignatureResult =
  | { readonly kind: 'valid' }
  /** Carries no signature at all, or one that is none by its format. */
  | { readonly kind: 'missing' | 'malformed' }
  /** No live secret has made any of its signatures. */
  | { readonly kind: 'mismatch' }
  /** Signed, but too long ago or too far ahead. */
  | { readonly kind: 'stale' };

export interface SignedRequest {
  /** By lower-case name; values of a repeated header are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WebhookSignatureSettings {
  /** Live values of the secret, in any order; those that can be no key are passed over. */
  readonly secrets: readonly string[];
  readonly toleranceSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * `Stripe-Signature: t=SECONDS,v1=HEX,…` (https://docs.stripe.com/webhooks/signature): HMAC-SHA256 over `t.body`. Several
 * `v1` while Stripe rotates its side; schemes of other names are passed over, so that nobody is led to a weaker one.
 */
export function verifyStripe(
  { headers, body }: SignedRequest,
  terms: WebhookSignatureSettings,
): WebhookSignatureResult {
  const header = headers['stripe-signature'] ?? '';
  if (header === '') return { kind: 'missing' };
  const fields = header.split(',').map((field) => splitOnce(field.trim(), '='));
  const times = fields.flatMap(([name, value]) => (name === 't' ? [value] : []));
  const signatures = fields.flatMap(([name, value]) => (name === 'v1' ? [value] : []));
  const [time = ''] = times;
  if (times.length !== 1 || !isTime(time) || signatures.length === 0) return { kind: 'malformed' };
  const expected = terms.secrets.filter(isKey).map((secret) => stripeSignature(secret, time, body));
  return compareSignatures(expected, signatures, time, terms);
}

/**
 * `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,BASE64 …`
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): HMAC-SHA256 over
 * `id.timestamp.body` by the bytes of a base64 secret. Versions of other names are passed over.
 */
export function verifyStandard(
  { headers, body }: SignedRequest,
  terms: WebhookSignatureSettings,
): WebhookSignatureResult {
  const id = headers['webhook-id'] ?? '';
  const time = headers['webhook-timestamp'] ?? '';
  const header = headers['webhook-signature'] ?? '';
  if (header === '') return { kind: 'missing' };
  const signatures = header
    .split(' ')
    .map((signature) => splitOnce(signature, ','))
    .flatMap(([version, value]) => (version === 'v1' ? [value] : []));
  if (id === '' || !isTime(time) || signatures.length === 0) return { kind: 'malformed' };
  const expected = terms.secrets.flatMap((secret) => standardSignature(secret, id, time, body) ?? []);
  return compareSignatures(expected, signatures, time, terms);
}

/** Hex, as it stands after `v1=`. */
export function stripeSignature(secret: string, time: string, body: Uint8Array): string {
  return createHmac('sha256', secret.trim()).update(`${time}.`).update(body).digest('hex');
}

/** Base64, as it stands after `v1,`; undefined where the secret is no base64, with or without `whsec_` before it. */
export function standardSignature(
  secret: string,
  id: string,
  time: string,
  body: Uint8Array,
): string | undefined {
  const text = secret.trim().replace(/^whsec_/, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
}

function compareSignatures(
  expected: readonly string[],
  given: readonly string[],
  time: string,
  { toleranceSeconds, now }: WebhookSignatureSettings,
): WebhookSignatureResult {
  // Every pair is compared, whatever came before.
  const matches = expected.flatMap((ours) => given.map((theirs) => isEqual(ours, theirs)));
  if (!matches.includes(true)) return { kind: 'mismatch' };
  const apartSeconds = Math.abs(Math.floor(now / 1_000) - Number(time));
  return apartSeconds <= toleranceSeconds ? { kind: 'valid' } : { kind: 'stale' };
}

/** In constant time; only the length, which everybody knows, shows. */
function isEqual(ours: string, theirs: string): boolean {
  const [a, b] = [Buffer.from(ours), Buffer.from(theirs)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** An empty key would verify what anybody can sign. */
function isKey(secret: string): boolean {
  return secret.trim() !== '';
}

/** Seconds since the epoch. */
function isTime(text: string): boolean {
  return /^\d{1,12}$/.test(text);
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
