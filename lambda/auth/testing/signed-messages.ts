import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { writeContentDigest } from '../../../runtime/http/content-digest.ts';
import {
  readMessageSignature,
  type SignatureVerification,
  verifySignature,
} from '../signature/message-signature.ts';
import { type SignatureOptions, signMessage } from '../signature/sign-message.ts';
import type { SignedMessage } from '../signature/signature-base.ts';
import type { SignatureAlgorithm, SignatureKey } from '../signature/signature-key.ts';

/** Keys, an order's request and helpers of the message signature tests. */
export const ed25519 = generateKeyPairSync('ed25519');
export const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = createSecretKey(Buffer.alloc(32, 7));

export const signers = {
  ed25519: { algorithm: 'ed25519', key: ed25519.privateKey },
  'ecdsa-p256-sha256': { algorithm: 'ecdsa-p256-sha256', key: p256.privateKey },
  'hmac-sha256': { algorithm: 'hmac-sha256', key: secret },
} as const;

export const verifiers: Record<SignatureAlgorithm, SignatureKey> = {
  ed25519: { algorithm: 'ed25519', key: ed25519.publicKey },
  'ecdsa-p256-sha256': { algorithm: 'ecdsa-p256-sha256', key: p256.publicKey },
  'hmac-sha256': { algorithm: 'hmac-sha256', key: secret },
};

export const createdSeconds = 1_800_000_000;
const now = createdSeconds * 1_000;
export const nonce = 'b3k2pp5k7z-50gnwp.yemd';
export const contentDigest = writeContentDigest('sha-256', Buffer.from('{"quantity":1}'));

export const order: SignedMessage = {
  method: 'POST',
  scheme: 'https',
  authority: 'shop.example',
  path: '/api/orders',
  query: 'dry=1',
  headers: { 'content-type': 'application/json', 'content-length': '14', 'content-digest': contentDigest },
};
export const required = ['@method', '@path', '@query', 'content-digest'];
export const parameters = { created: createdSeconds, keyid: 'client-1', nonce };

export function signed(message: SignedMessage, options: Partial<SignatureOptions> = {}): SignedMessage {
  const fields = signMessage(message, { ...signers.ed25519, components: required, parameters, ...options });
  return { ...message, headers: { ...message.headers, ...fields } };
}

export function verified(
  message: SignedMessage,
  keys: readonly SignatureKey[] = [verifiers.ed25519],
  at = now,
): SignatureVerification {
  const reading = readMessageSignature(message, at);
  return reading.kind === 'claimed' ? verifySignature(reading.claim, keys) : reading;
}

export function withFields(input: string | undefined, signature: string | undefined): SignedMessage {
  return { ...order, headers: { ...order.headers, 'signature-input': input, signature } };
}
