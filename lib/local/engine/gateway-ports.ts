import type { Address } from '../emulators/alb/target-group.ts';
import type { UsagePlans } from '../emulators/rest-api/usage-plans.ts';

/** What became of calling a function. */
export type Invocation =
  | { readonly ok: true; readonly payload: unknown }
  /** `late` when nobody waited any longer. */
  | { readonly ok: false; readonly error: string; readonly late?: true };

/** What the request path needs of the rest of the local run. */
export interface GatewayPorts {
  /** Calls the function that a template names by this string (an id, a URI that contains it). */
  readonly invoke: (functionReference: string, event: unknown) => Promise<Invocation>;
  /** Running tasks behind a target group, as of now. */
  readonly targets: (targetGroupId: string) => readonly Address[];
  /** Where a bucket is served, by its id. @default - nowhere */
  readonly bucketUrl?: (bucketId: string) => string | undefined;
  /** A value of the edge's key-value stores. @default - they are empty */
  readonly keyValue?: (storeId: string, key: string) => string | undefined;
  /** Value of a secret by its name. */
  readonly secret: (name: string) => string;
  /** Keys of the REST API and what their plans allow. */
  readonly usagePlans: UsagePlans;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly requestId: () => string;
  /** One line per request, in the template's own format. */
  readonly accessLog: (line: string) => void;
  /** Something a developer should know. */
  readonly notice: (text: string) => void;
}
