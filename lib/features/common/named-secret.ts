import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** A secret together with its physical name, which functions read it by. */
export interface NamedSecret {
  readonly secret: ISecret;
  readonly name: string;
}
