import type { EnvironmentInput } from '../../lib/config/index.ts';
import type { Item } from '../../runtime/aws/dynamodb-item.ts';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';

/** Claims of a requested token. */
export interface Claims {
  readonly sub: string;
  readonly permissions?: readonly string[];
  readonly plan?: string;
  readonly email?: string;
  readonly clientId?: string;
}

/** A client that signs its own tokens. Only a local run has it. */
export const partner = {
  kind: 'hmac',
  issuer: 'acme-erp',
  clientId: 'acme-erp',
  audience: 'store-api',
  algorithms: ['HS256'],
  permissions: ['orders:*'],
} satisfies NonNullable<EnvironmentInput['otherIssuers']>[number];

/** Controls that only a local run offers. */
export interface LocalControl {
  /** Stops the processes of a service, and resolves when the load balancer has removed them. */
  stopService(name: string): Promise<void>;
  /** Starts the processes of a service, and resolves when the load balancer has registered them. */
  startService(name: string): Promise<void>;
  /** Base URL of an external service. Its port is free while the service is stopped. */
  externalUrl(name: string): string;
  /** Advances the clock of the edge. */
  advanceClock(seconds: number): void;
  /** A token with a chosen algorithm or lifetime. */
  tokenWith(
    claims: Claims,
    options: { readonly lifetimeSeconds?: number; readonly algorithm?: 'RS256' | 'ES256' | 'EdDSA' },
  ): Promise<string>;
  /** Puts an item, in DynamoDB attribute values, into the table of clients. */
  registerItem(item: Item): Promise<void>;
  /** The pepper of the hashes of API keys. */
  pepper(): Promise<string>;
  /** The origin secret, which the edge adds to every request. */
  originSecret(): Promise<string>;
  /** The secret that the partner signs its tokens with. */
  partnerSecret(): Promise<string>;
  /** Runs an operator's command and returns its output. @throws if the command fails. */
  operate(...args: string[]): Promise<string>;
  /** Puts an object into the bucket of static files. */
  putFile(key: string, text: string): Promise<void>;
  /** The secret that a webhook provider signs with. */
  webhookSecret(sender: string): Promise<string>;
  /** Sets a new secret; the previous one stays valid. */
  rotateWebhookSecret(sender: string, value: string): Promise<void>;
  /** Puts an event into the queue that holds webhooks while the event log is unavailable. */
  queueWebhook(event: CloudEvent): Promise<void>;
  /** All events of a topic of the event log. */
  events(topic: string): Promise<readonly CloudEvent[]>;
  /** Usage of a caller in this calendar month. `caller` is the key of the limit store. */
  usage(caller: string): Promise<{ readonly requests: number; readonly bytes: number }>;
  /** Messages published to SNS topics so far, oldest first. */
  published(): Promise<readonly string[]>;
  /** Sum of the values of a shop metric that CloudWatch has received so far. */
  measured(metricName: string): Promise<number>;
  /** Path of the runtime policy file that the run watches. */
  readonly policyFile: string;
  /** Notices that the run has printed so far, oldest first. */
  notices(): readonly string[];
  /** Access-log lines so far, oldest first. */
  accessLog(): readonly string[];
}

/** The gateway under test, on this machine or on AWS. */
export interface Target {
  /** URL that shoppers call. */
  readonly url: string;
  /** URL of the API behind the edge; undefined if it is not known. */
  readonly apiUrl: string | undefined;
  /** URL of the partner API behind the edge, without its stage; undefined if it is not known. */
  readonly partnerUrl: string | undefined;
  /** A key of the partner API; undefined if none is known. */
  partnerKey(name: 'demo' | 'trial'): string | undefined;
  token(claims: Claims): Promise<string>;
  readonly local: LocalControl | undefined;
}
