/** What AWS says of one thing. `unreadable`: the call failed, and the reason says why. */
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
  /** As ACM says it: `ISSUED`, `PENDING_VALIDATION`, `EXPIRED` and others. */
  readonly status: string;
  /** Host names that it covers; one may begin with `*.`. */
  readonly names: readonly string[];
}

export interface StackState {
  /** As CloudFormation says it, such as `CREATE_COMPLETE`. */
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly logicalIds: ReadonlySet<string>;
}

export interface EdgeFunctionState {
  readonly code: string;
  /** Of a trial run; `undefined` where it ran through. */
  readonly error?: string;
  /** Percent of the time that a function may take. */
  readonly computeUtilization: number;
}

/** What a template is validated by: its text, or the URL of an uploaded copy. */
export type TemplateSource = { readonly body: string } | { readonly url: string };

/** An AWS account, as the checks ask it. Nothing here changes anything, and no method throws. */
export interface Account {
  caller(region: string): Promise<LookupResult<Caller>>;
  parameter(region: string, name: string): Promise<LookupResult<string>>;
  /** The account's own value, or AWS's default where the account has none. */
  quota(region: string, serviceCode: string, quotaCode: string): Promise<LookupResult<number>>;
  /** API Gateway's throttle of all APIs together: requests a second, and at once. */
  throttle(region: string): Promise<LookupResult<{ readonly rate: number; readonly burst: number }>>;
  /** Concurrent executions of Lambda, as Lambda itself counts them. */
  concurrentExecutions(region: string): Promise<LookupResult<number>>;
  certificate(region: string, arn: string): Promise<LookupResult<CertificateState>>;
  hostedZone(id: string): Promise<LookupResult<{ readonly name: string; readonly isPrivate: boolean }>>;
  /** `hasValue`: it has a version with the stage AWSCURRENT. */
  secret(
    region: string,
    name: string,
  ): Promise<LookupResult<{ readonly isDeleted: boolean; readonly hasValue: boolean }>>;
  /** `missing` says that the repository is; `value`, whether it has the tag. */
  hasImage(region: string, repository: string, tag: string): Promise<LookupResult<boolean>>;
  /** Versions of Kafka by their status, such as `ACTIVE`. */
  kafkaVersions(region: string): Promise<LookupResult<ReadonlyMap<string, string>>>;
  kafkaCluster(region: string, name: string): Promise<LookupResult<unknown>>;
  databaseVersion(
    region: string,
    engine: string,
    version: string,
  ): Promise<LookupResult<{ readonly supportsGlobalDatabases: boolean }>>;
  stack(region: string, name: string): Promise<LookupResult<StackState>>;
  /** Any resource that Cloud Control knows, by the primary identifier of its type. */
  resource(region: string, type: string, identifier: string): Promise<LookupResult<unknown>>;
  /** Runs the function that is live with a viewer's request. */
  edgeFunction(name: string): Promise<LookupResult<EdgeFunctionState>>;
  /** `value`: what is wrong with the template; `undefined` where nothing is. */
  templateFault(region: string, source: TemplateSource): Promise<LookupResult<string | undefined>>;
}
