import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';

/** One use of an AWS API by the product, and the same operations by the AWS SDK in the same order. */
export interface ComparedCall {
  readonly name: string;
  readonly ours: (endpoint: string, credentials: AwsCredentials) => Promise<unknown>;
  readonly sdk: (config: SdkConfig) => readonly (() => Promise<unknown>)[];
  /** Whether the product changes a document that it has read. The bodies may differ then. */
  readonly editsBody?: boolean;
}

/** Options of every SDK client. */
export interface SdkConfig {
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly requestHandler: never;
  readonly maxAttempts: 1;
  readonly endpoint?: string;
}

/** Text with characters that need escaping in JSON, XML, URLs or forms. */
export const specialCharacters = 'ü "quoted" <&> + %2F\n';
