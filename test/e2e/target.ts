import type { EnvironmentInput } from '../../lib/config/index.ts';
import type { Item } from '../../runtime/aws/dynamodb-item.ts';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';

/** Who a token is for and what it permits. */
export interface Claims {
  readonly sub: string;
  readonly permissions?: readonly string[];
  readonly plan?: string;
  readonly email?: string;
  readonly clientId?: string;
}

/** A client that signs its own tokens, where the target runs on this machine. */
export const partner = {
  kind: 'hmac',
  issuer: 'acme-erp',
  clientId: 'acme-erp',
  audience: 'store-api',
  algorithms: ['HS256'],
  permissions: ['orders:*'],
} satisfies NonNullable<EnvironmentInput['otherIssuers']>[number];

/** What only a run on this machine offers. */
export interface LocalControl {
  /** Ends the processes of a service, and resolves when the load balancer knows. */
  stopService(name: string): Promise<void>;
  /** Starts them again, and resolves when the load balancer has them back. */
  startService(name: string): Promise<void>;
  /** Where an external service is asked: its port is free while it is stopped. */
  externalUrl(name: string): string;
  /** Lets the edge's clock run ahead of the real one. */
  advanceClock(seconds: number): void;
  /** A token that differs from the usual ones in how it is signed or how long it lives. */
  tokenWith(
    claims: Claims,
    options: { readonly lifetimeSeconds?: number; readonly algorithm?: 'RS256' | 'ES256' | 'EdDSA' },
  ): Promise<string>;
  /** Puts an item, in DynamoDB's attribute values, into the table of clients. */
  registerItem(item: Item): Promise<void>;
  /** What the hashes of API keys are made with. */
  pepper(): Promise<string>;
  /** What the edge adds to every request. */
  originSecret(): Promise<string>;
  /** What the partner signs its tokens with. */
  partnerSecret(): Promise<string>;
  /** Gives an operator's command, which must not fail, and returns what it says. */
  operate(...args: string[]): Promise<string>;
  /** Puts an object into the bucket of static files. */
  putFile(key: string, text: string): Promise<void>;
  /** What a sender of webhooks signs with. */
  webhookSecret(sender: string): Promise<string>;
  /** Gives it a new one, and keeps the one before alive. */
  rotateWebhookSecret(sender: string, value: string): Promise<void>;
  /** Puts an event where webhooks wait while the event log is away. */
  queueWebhook(event: CloudEvent): Promise<void>;
  /** What a topic of the event log holds so far. */
  events(topic: string): Promise<readonly CloudEvent[]>;
  /** What a caller, as the store counts it, has used of this calendar month. */
  usage(caller: string): Promise<{ readonly requests: number; readonly bytes: number }>;
  /** Messages that topics for people and programs got so far, oldest first. */
  published(): Promise<readonly string[]>;
  /** How much of a metric of the shop CloudWatch has got so far. */
  measured(metricName: string): Promise<number>;
  /** Where the run watches its runtime policy. */
  readonly policyFile: string;
  /** What the run has told its developer so far, oldest first. */
  notices(): readonly string[];
  /** Access-log lines so far, oldest first. */
  accessLog(): readonly string[];
}

/** The gateway under test, here or in AWS. */
export interface Target {
  /** Where shoppers call. */
  readonly url: string;
  /** The API behind the edge; unknown unless it was given. */
  readonly apiUrl: string | undefined;
  /** The partner API's API behind the edge, without its stage; unknown unless it was given. */
  readonly partnerUrl: string | undefined;
  /** A key of the partner API; undefined where none is known. */
  partnerKey(name: 'demo' | 'trial'): string | undefined;
  token(claims: Claims): Promise<string>;
  readonly local: LocalControl | undefined;
}
