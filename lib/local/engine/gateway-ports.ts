import type { Address } from '../emulators/alb/target-group.ts';
import type { UsagePlans } from '../emulators/rest-api/usage-plans.ts';

/** The result of an invocation of a function. */
export type Invocation =
  | { readonly ok: true; readonly payload: unknown }
  /** `late` after a timeout. */
  | { readonly ok: false; readonly error: string; readonly late?: true };

/** One step of a request on its way through the gateway. */
export interface Hop {
  readonly name: 'edge' | 'authorizer' | 'load balancer';
  /** The request id of the API; `-` when the request did not reach one. */
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly endedMs: number;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** The ports between the request path and the rest of the local run. */
export interface GatewayPorts {
  /** Invokes a function by a reference of a template: its id, or a URI that contains it. */
  readonly invoke: (functionReference: string, event: unknown) => Promise<Invocation>;
  /** The running tasks of a target group. */
  readonly targets: (targetGroupId: string) => readonly Address[];
  /** The URL of a bucket, by its id. @default - no bucket is served */
  readonly bucketUrl?: (bucketId: string) => string | undefined;
  /** A value of a key-value store of the edge. @default - the stores are empty */
  readonly keyValue?: (storeId: string, key: string) => string | undefined;
  /** The value of a secret by its name. */
  readonly secret: (name: string) => string;
  /** The API keys and usage plans of the REST API. */
  readonly usagePlans: UsagePlans;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly requestId: () => string;
  /** Receives one line per request, in the format of the template. */
  readonly accessLog: (line: string) => void;
  /** Receives each step of each request when the step ends. @default - the steps are not recorded */
  readonly hop?: (hop: Hop) => void;
  /** Receives messages for the developer. */
  readonly notice: (text: string) => void;
}
