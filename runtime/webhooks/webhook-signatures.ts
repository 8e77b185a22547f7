import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Signatures of webhooks in the two supported formats, and the reasons for a refusal. A signature covers the
 * bytes as they arrived; the age is checked only after the signature.
 */
export type WebhookSignatureResult =
  | { readonly kind: 'valid' }
  /** The signature is missing or malformed. */
  | { readonly kind: 'missing' | 'malformed' }
  /** No live secret matches any of its signatures. */
  | { readonly kind: 'mismatch' }
  /** Signed correctly, but too long ago or too far ahead. */
  | { readonly kind: 'stale' };

export interface SignedRequest {
  /** By lower-case name; values of a repeated header are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WebhookSignatureSettings {
  /** Live values of the secret, in any order; invalid keys are skipped. */
  readonly secrets: readonly string[];
  readonly toleranceSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * `Stripe-Signature: t=SECONDS,v1=HEX,…` (https://docs.stripe.com/webhooks/signature): HMAC-SHA256 over
 * `t.body`. There are several `v1` while Stripe rotates its side; other schemes are ignored, so that nobody
 * can downgrade a signature.
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
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): HMAC-SHA256
 * over `id.timestamp.body` with the bytes of a base64 secret. Other versions are ignored.
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

/** Hex, as after `v1=`. */
export function stripeSignature(secret: string, time: string, body: Uint8Array): string {
  return createHmac('sha256', secret.trim()).update(`${time}.`).update(body).digest('hex');
}

/** Base64, as after `v1,`; undefined when the secret is not base64, with or without the prefix `whsec_`. */
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
  // Compares every pair, even after a match.
  const matches = expected.flatMap((ours) => given.map((theirs) => isEqual(ours, theirs)));
  if (!matches.includes(true)) return { kind: 'mismatch' };
  const apartSeconds = Math.abs(Math.floor(now / 1_000) - Number(time));
  return apartSeconds <= toleranceSeconds ? { kind: 'valid' } : { kind: 'stale' };
}

/** Compares in constant time; only the length, which is public, affects the time. */
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
