import type { Item } from '../../../runtime/aws/dynamodb-item.ts';
import { AddressList } from '../../../runtime/http/client-address.ts';
import { loadSignatureKey, type SignatureKey, signatureAlgorithms } from '../signature/signature-key.ts';
import type { Client, Credential, Expiring } from './client-directory.ts';

/**
 * Items of the table of clients, whose partition key is `clientId`, in DynamoDB's attribute values.
 * A client: `clientId` S, `plan` S, and optionally `suspended` BOOL, `expiresAt` N, `monthStartDay` N (1 to
 * 31). A key: `clientId` S (`key#` and the key's id), `kind` S (`api-key` or `signature`), `client` S (the
 * client's `clientId`), `secrets` L of M, and optionally `permissions` SS, `addresses` SS (CIDR), `expiresAt`
 * N. A secret of an API key: `hash` B, 32 bytes. One of a signature: `algorithm` S and `key` S, in the text
 * that `loadSignatureKey` reads. Both optionally `expiresAt` N.
 * Every `expiresAt` is in seconds since the epoch. Other attributes are ignored.
 */
export const partitionKey = 'clientId';

/** Partition key of a key's item. Client ids contain no `#`. */
export function keyItemId(keyId: string): string {
  return `key#${keyId}`;
}

/** Raised for an item that does not have the shape above; its intended permissions are unknown. */
export class InvalidDirectoryItemError extends Error {
  constructor(attribute: string, options?: ErrorOptions) {
    super(`The attribute "${attribute}" is missing or invalid.`, options);
    this.name = 'InvalidDirectoryItemError';
  }
}

/** A key's item without its client. */
export interface KeyItem {
  readonly clientId: string;
  readonly withClient: (client: Client) => Credential;
}

/** @throws InvalidDirectoryItemError that names the faulty attribute. */
export function readKeyItem(keyId: string, item: Item): KeyItem {
  const clientId = required(text(item, 'client'), 'client');
  const own = {
    keyId,
    permissions: texts(item, 'permissions') ?? [],
    addresses: addresses(item),
    expiresAtSeconds: seconds(item),
  };
  const secrets = required(list(item, 'secrets'), 'secrets');
  const kind = text(item, 'kind');
  if (kind === 'api-key') {
    const hashes = secrets.map(readHash);
    return { clientId, withClient: (client) => ({ kind, ...own, client, hashes }) };
  }
  if (kind === 'signature') {
    const keys = secrets.map(readKey);
    return { clientId, withClient: (client) => ({ kind, ...own, client, keys }) };
  }
  throw fault('kind');
}

/** @throws InvalidDirectoryItemError that names the faulty attribute. */
export function readClientItem(item: Item): Client {
  const suspended = value(item, 'suspended', 'BOOL');
  if (suspended !== undefined && typeof suspended !== 'boolean') throw fault('suspended');
  return {
    clientId: required(text(item, partitionKey), partitionKey),
    plan: required(text(item, 'plan'), 'plan'),
    monthStartDay: monthStartDay(item),
    isSuspended: suspended ?? false,
    expiresAtSeconds: seconds(item),
  };
}

const hashBytes = 32;

function readHash(secret: Item): Expiring<{ readonly hash: Uint8Array }> {
  const encoded = value(secret, 'hash', 'B');
  const hash = Buffer.from(typeof encoded === 'string' ? encoded : '', 'base64');
  if (hash.length !== hashBytes) throw fault('hash');
  return { hash, expiresAtSeconds: seconds(secret) };
}

function readKey(secret: Item): Expiring<SignatureKey> {
  const name = text(secret, 'algorithm');
  const algorithm = required(
    signatureAlgorithms.find((known) => known === name),
    'algorithm',
  );
  const key = required(loadSignatureKey(algorithm, text(secret, 'key') ?? ''), 'key');
  return { ...key, expiresAtSeconds: seconds(secret) };
}

/** With a faulty range the intended addresses are unknown, so the key is invalid everywhere. */
function addresses(item: Item): AddressList | null {
  const ranges = texts(item, 'addresses');
  if (ranges === undefined) return null;
  try {
    return new AddressList(ranges);
  } catch (cause) {
    throw new InvalidDirectoryItemError('addresses', { cause });
  }
}

/** An unreadable time must not mean "never expires". */
function seconds(item: Item): number | null {
  const number = value(item, 'expiresAt', 'N');
  if (number === undefined) return null;
  const read = typeof number === 'string' && number !== '' ? Number(number) : Number.NaN;
  if (!Number.isFinite(read)) throw fault('expiresAt');
  return read;
}

/** Months are calendar months unless the client has an anniversary. */
function monthStartDay(item: Item): number {
  const number = value(item, 'monthStartDay', 'N');
  if (number === undefined) return 1;
  const read = Number(number);
  if (typeof number !== 'string' || !Number.isInteger(read) || read < 1 || read > 31)
    throw fault('monthStartDay');
  return read;
}

function text(item: Item, name: string): string | undefined {
  const read = value(item, name, 'S');
  if (read !== undefined && (typeof read !== 'string' || read === '')) throw fault(name);
  return read;
}

function texts(item: Item, name: string): readonly string[] | undefined {
  const read = value(item, name, 'SS');
  if (read === undefined) return undefined;
  if (!Array.isArray(read) || !read.every((entry) => typeof entry === 'string')) throw fault(name);
  return read;
}

function list(item: Item, name: string): readonly Item[] | undefined {
  const read = value(item, name, 'L');
  if (read === undefined) return undefined;
  if (!Array.isArray(read)) throw fault(name);
  return read.map((entry: unknown) => {
    const map = objectOf(entry)['M'];
    if (typeof map !== 'object' || map === null) throw fault(name);
    return map as Item;
  });
}

/** The value under an attribute's type; undefined when the attribute is missing. */
function value(item: Item, name: string, type: 'S' | 'N' | 'B' | 'BOOL' | 'SS' | 'L'): unknown {
  if (!Object.hasOwn(item, name)) return undefined;
  const attribute = objectOf(item[name]);
  if (!Object.hasOwn(attribute, type)) throw fault(name);
  return attribute[type];
}

function objectOf(read: unknown): Readonly<Record<string, unknown>> {
  return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {};
}

function required<T>(read: T | undefined, name: string): T {
  if (read === undefined) throw fault(name);
  return read;
}

function fault(name: string): Error {
  return new InvalidDirectoryItemError(name);
}
