import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4a } from '@smithy/signature-v4a';
import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { type RestAnswer, type RestCall, sendRest } from './aws-rest.ts';

/**
 * Signs by Signature Version 4A and sends a call: what services of no single region ask for, as CloudFront's key-value
 * stores. Any status is an answer; a service that does not answer is an OpsError.
 */
export async function callRestSigV4a(credentials: AwsCredentials, call: RestCall): Promise<RestAnswer> {
  const { service, endpoint, method, path, headers = {}, body = '' } = call;
  const { protocol, host, hostname } = new URL(endpoint);
  const signer = new SignatureV4a({ service, region: '*', credentials, sha256: Sha256 });
  const { pathname, searchParams } = new URL(path, endpoint);
  const signed = await signer.sign(
    {
      protocol,
      hostname,
      method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...headers, host },
      body,
    },
    {},
  );
  return await sendRest(call, signed.headers);
}

/** The hash in the shape that the signer asks for. */
export class Sha256 {
  #hash: Hash | Hmac;
  readonly #secret: Uint8Array | undefined;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#hash = this.#begin();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
