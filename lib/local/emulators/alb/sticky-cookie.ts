import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seven days: how long a browser keeps the cookies, whatever the stickiness in them. */
const cookieLifeMs = 7 * 86_400_000;

/**
 * The cookies of a target group with duration-based stickiness ("Sticky sessions for your Application Load Balancer").
 * What is in them is the load balancer's secret in AWS; here it is signed, and a cookie that is not ours counts for
 * nothing.
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

  /** The target that a request's `Cookie` field binds it to; undefined when its time is over or it has none. */
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

  /** `Set-Cookie` lines that bind the caller for the whole duration, from now on. */
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
