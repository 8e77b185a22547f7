import { readContentDigest } from '../../../runtime/http/content-digest.ts';
import { componentValue, type SignedMessage, signatureBase } from './signature-base.ts';
import { type ParsedSignature, readSignatureFields } from './signature-fields.ts';
import {
  isSignedBy,
  type SignatureAlgorithm,
  type SignatureKey,
  signatureAlgorithms,
} from './signature-key.ts';

/** Validity of a signature in time, by its `created` and `expires`. */
export interface SignatureTimes {
  readonly longestAgeSeconds: number;
  /** Maximum difference between the signer's clock and ours, ahead or behind. */
  readonly clockSkewSeconds: number;
}

export const defaultSignatureTimes: SignatureTimes = { longestAgeSeconds: 300, clockSkewSeconds: 30 };

/** The statements of a signature and the base that it must be over. Unverified. */
export interface SignatureClaim {
  readonly keyId: string;
  readonly nonce: string;
  readonly createdSeconds: number;
  /** Undefined when the signature leaves it to the key. */
  readonly algorithm: SignatureAlgorithm | undefined;
  /** The covered `Content-Digest` field, which whoever reads the body compares with it. */
  readonly contentDigest: string | undefined;
  readonly base: string;
  readonly bytes: Uint8Array;
}

export type SignatureFault =
  | 'no-signature'
  | 'malformed-signature'
  | 'several-signatures'
  | 'key-id-missing'
  | 'nonce-missing'
  | 'created-missing'
  | 'created-in-future'
  | 'signature-too-old'
  | 'signature-expired'
  | 'algorithm-unsupported'
  | 'algorithm-mismatch'
  | 'component-repeated'
  | 'component-parameter'
  | 'component-unavailable'
  | 'method-not-covered'
  | 'target-not-covered'
  | 'content-digest-not-covered'
  | 'content-digest-unusable'
  | 'signature-mismatch';

export interface RefusedSignature {
  readonly kind: 'refused';
  readonly reason: SignatureFault;
}

export type SignatureReading =
  | { readonly kind: 'claimed'; readonly claim: SignatureClaim }
  | RefusedSignature;

export type SignatureVerification =
  | {
      readonly kind: 'verified';
      readonly keyId: string;
      readonly nonce: string;
      readonly createdSeconds: number;
      readonly contentDigest: string | undefined;
    }
  | RefusedSignature;

const refused = (reason: SignatureFault): RefusedSignature => ({ kind: 'refused', reason });

/**
 * Reads the signature of a request (RFC 9421) and refuses everything that can be refused without its key, so
 * that garbage costs no look-up. It must cover the method, the target (`@target-uri`, or `@path` with
 * `@query` when the request has one) and, when the request may have a body, `Content-Digest`; and state
 * `keyid`, `created` and `nonce`. Pure; accepts any message and never throws.
 *
 * @param now Milliseconds since the epoch.
 */
export function readMessageSignature(
  message: SignedMessage,
  now: number,
  times: SignatureTimes = defaultSignatureTimes,
): SignatureReading {
  const read = readSignatureFields(
    componentValue(message, 'signature-input'),
    componentValue(message, 'signature'),
  );
  if (read.kind === 'none') return refused('no-signature');
  if (read.kind === 'faulty') return refused(read.reason);
  const { parameters, components } = read.signature;

  const keyId = parameters.get('keyid');
  if (!isIdentifier(keyId, 1)) return refused('key-id-missing');
  const nonce = parameters.get('nonce');
  if (!isIdentifier(nonce, shortestNonce)) return refused('nonce-missing');
  const createdSeconds = parameters.get('created');
  if (!isSeconds(createdSeconds)) return refused('created-missing');
  const timeFault = checkTimes(createdSeconds, parameters.get('expires'), now / 1_000, times);
  if (timeFault !== undefined) return refused(timeFault);
  const stated = parameters.get('alg');
  const algorithm = signatureAlgorithms.find((name) => name === stated);
  if (stated !== undefined && algorithm === undefined) return refused('algorithm-unsupported');
  const coverageFault = checkCoverage(message, components);
  if (coverageFault !== undefined) return refused(coverageFault);

  const base = baseOf(message, read.signature);
  if (base === undefined) return refused('component-unavailable');
  const contentDigest = components.includes('content-digest')
    ? componentValue(message, 'content-digest')
    : undefined;
  if (contentDigest !== undefined && readContentDigest(contentDigest).kind !== 'read') {
    return refused('content-digest-unusable');
  }
  return {
    kind: 'claimed',
    claim: { keyId, nonce, createdSeconds, algorithm, contentDigest, base, bytes: read.signature.bytes },
  };
}

/**
 * Verifies a claim with the live keys of its `keyid`: two during a rotation. A key is used for its own
 * algorithm only, and a signature that names one must name the key's. Still open: the nonce is spent once
 * everything else has admitted the call, and the body is compared with `contentDigest`. Never throws.
 */
export function verifySignature(claim: SignatureClaim, keys: readonly SignatureKey[]): SignatureVerification {
  const { keyId, nonce, createdSeconds, contentDigest, algorithm, base, bytes } = claim;
  const agreeing = keys.filter((key) => algorithm === undefined || algorithm === key.algorithm);
  if (keys.length > 0 && agreeing.length === 0) return refused('algorithm-mismatch');
  return agreeing.some((key) => isSignedBy(key, base, bytes))
    ? { kind: 'verified', keyId, nonce, createdSeconds, contentDigest }
    : refused('signature-mismatch');
}

/**
 * How long a spent nonce must be remembered: until no clock within the skew accepts its signature any more.
 */
export function nonceLifetimeSeconds({ longestAgeSeconds, clockSkewSeconds }: SignatureTimes): number {
  return longestAgeSeconds + 2 * clockSkewSeconds;
}

/** 96 bits in base64. */
const shortestNonce = 16;

/** Key ids and nonces become parts of the limit store's keys. */
const longestIdentifier = 128;

function isIdentifier(value: unknown, shortest: number): value is string {
  return typeof value === 'string' && value.length >= shortest && value.length <= longestIdentifier;
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkTimes(
  created: number,
  expires: unknown,
  nowSeconds: number,
  { longestAgeSeconds, clockSkewSeconds }: SignatureTimes,
): SignatureFault | undefined {
  if (created > nowSeconds + clockSkewSeconds) return 'created-in-future';
  if (created < nowSeconds - longestAgeSeconds - clockSkewSeconds) return 'signature-too-old';
  if (expires === undefined) return undefined;
  return isSeconds(expires) && expires > created && expires >= nowSeconds - clockSkewSeconds
    ? undefined
    : 'signature-expired';
}

function checkCoverage(message: SignedMessage, components: readonly string[]): SignatureFault | undefined {
  const covered = new Set(components);
  if (covered.size !== components.length) return 'component-repeated';
  if (!covered.has('@method')) return 'method-not-covered';
  const coversPathAndQuery = covered.has('@path') && (message.query === undefined || covered.has('@query'));
  if (!covered.has('@target-uri') && !coversPathAndQuery) return 'target-not-covered';
  if (mayHaveBody(message) && !covered.has('content-digest')) return 'content-digest-not-covered';
  return undefined;
}

/**
 * Methods whose content has no meaning (RFC 9110 section 9.3). With another, an empty body is signed as well.
 */
const bodilessMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/**
 * Whether the body must be signed. The method decides first, because the authorizer of an HTTP API does not
 * see the body; then the framing (RFC 9112 section 6), so that a body added to a call that was signed without
 * one is detected.
 */
function mayHaveBody(message: SignedMessage): boolean {
  if (!bodilessMethods.has(message.method)) return true;
  const length = componentValue(message, 'content-length') ?? '0';
  return length !== '0' || Object.hasOwn(message.headers, 'transfer-encoding');
}

function baseOf(message: SignedMessage, { components, serialised }: ParsedSignature): string | undefined {
  const lines: [string, string][] = [];
  for (const name of components) {
    const value = componentValue(message, name);
    if (value === undefined) return undefined;
    lines.push([name, value]);
  }
  return signatureBase(lines, serialised);
}
