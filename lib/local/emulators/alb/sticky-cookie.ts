import { createHmac, timingSafeEqual } from 'node:crypto';

/** The lifetime of the cookies in a browser: seven days, whatever the stickiness duration. */
const cookieLifeMs = 7 * 86_400_000;

/**
 * The cookies of a target group with duration-based stickiness ("Sticky sessions for your Application Load Balancer").
 * AWS encrypts the content of the cookies; the emulator signs it and ignores a cookie with another
 * signature.
 */
export class StickyCookie {
  readonly #seconds: number;
  readonly #key: Buffer;
  readonly #now: () => number;

  /** @param now milliseconds since 1970. */
  constructor(seconds: number, key: Buffer, now: () => number) {
    this.#seconds = seconds;
    this.#key = key;
    this.#now = now;
  }

  /** The target in the `Cookie` field of a request; undefined when there is none or it has expired. */
  target(cookies: string | undefined): string | undefined {
    for (const pair of (cookies ?? '').split(';')) {
      const [name = '', value = ''] = pair.trim().split('=');
      if (name !== 'AWSALB' && name !== 'AWSALBCORS') continue;
      const [payload = '', signature = ''] = value.split('.');
      if (!isEqual(signature, this.#sign(payload))) continue;
      const [until, target] = Buffer.from(payload, 'base64url').toString().split(' ');
      if (Number(until) > this.#now()) return target;
    }
    return undefined;
  }

  /** The `Set-Cookie` values that bind the client to a target for the stickiness duration. */
  lines(target: string): [string, string] {
    const until = this.#now() + this.#seconds * 1_000;
    const payload = Buffer.from(`${until} ${target}`).toString('base64url');
    const value = `${payload}.${this.#sign(payload)}`;
    const expires = new Date(this.#now() + cookieLifeMs).toUTCString();
    return [
      `AWSALB=${value}; Expires=${expires}; Path=/`,
      `AWSALBCORS=${value}; Expires=${expires}; Path=/; SameSite=None; Secure`,
    ];
  }

  #sign(payload: string): string {
    return createHmac('sha256', this.#key).update(payload).digest('base64url');
  }
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
