/** Result of a lookup in AWS. `unreadable`: the call failed, with the reason. */
export type LookupResult<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface Caller {
  /** Twelve digits. */
  readonly account: string;
  readonly arn: string;
}

export interface CertificateState {
  /** Status of ACM: `ISSUED`, `PENDING_VALIDATION`, `EXPIRED` and others. */
  readonly status: string;
  /** Host names of the certificate; one may begin with `*.`. */
  readonly names: readonly string[];
}

export interface StackState {
  /** Status of CloudFormation, such as `CREATE_COMPLETE`. */
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly logicalIds: ReadonlySet<string>;
}

export interface EdgeFunctionState {
  readonly code: string;
  /** Error of a test run; `undefined` if it succeeded. */
  readonly error?: string;
  /** Compute utilization of the function, in percent of the maximum. */
  readonly computeUtilization: number;
}

/** Source of a template to validate: its text, or the URL of an uploaded copy. */
export type TemplateSource = { readonly body: string } | { readonly url: string };

/** Read-only access of the checks to an AWS account. No method changes anything or throws. */
export interface Account {
  caller(region: string): Promise<LookupResult<Caller>>;
  parameter(region: string, name: string): Promise<LookupResult<string>>;
  /** The quota of the account, or the default of AWS if the account has none. */
  quota(region: string, serviceCode: string, quotaCode: string): Promise<LookupResult<number>>;
  /** Account-level throttle of API Gateway: requests per second, and burst. */
  throttle(region: string): Promise<LookupResult<{ readonly rate: number; readonly burst: number }>>;
  /** Quota of concurrent executions, as Lambda reports it. */
  concurrentExecutions(region: string): Promise<LookupResult<number>>;
  certificate(region: string, arn: string): Promise<LookupResult<CertificateState>>;
  hostedZone(id: string): Promise<LookupResult<{ readonly name: string; readonly isPrivate: boolean }>>;
  /** `hasValue`: a version has the stage AWSCURRENT. */
  secret(
    region: string,
    name: string,
  ): Promise<LookupResult<{ readonly isDeleted: boolean; readonly hasValue: boolean }>>;
  /** `missing`: the repository does not exist. `value`: whether it has the tag. */
  hasImage(region: string, repository: string, tag: string): Promise<LookupResult<boolean>>;
  /** Kafka versions by status, such as `ACTIVE`. */
  kafkaVersions(region: string): Promise<LookupResult<ReadonlyMap<string, string>>>;
  kafkaCluster(region: string, name: string): Promise<LookupResult<unknown>>;
  databaseVersion(
    region: string,
    engine: string,
    version: string,
  ): Promise<LookupResult<{ readonly supportsGlobalDatabases: boolean }>>;
  stack(region: string, name: string): Promise<LookupResult<StackState>>;
  /** Any resource that Cloud Control supports, by the primary identifier of its type. */
  resource(region: string, type: string, identifier: string): Promise<LookupResult<unknown>>;
  /** Runs the live function with a viewer request. */
  edgeFunction(name: string): Promise<LookupResult<EdgeFunctionState>>;
  /** `value`: the fault of the template; `undefined` if it is valid. */
  templateFault(region: string, source: TemplateSource): Promise<LookupResult<string | undefined>>;
}
