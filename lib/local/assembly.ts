/** A resource of the synthesised templates, with every intrinsic resolved. */
export interface Resource {
  /** `<StackName>.<LogicalId>`: what `Ref` and every identifier attribute (Arn, Id, …Arn, …Id) resolve to. */
  readonly id: string;
  readonly logicalId: string;
  /** Name of the stack that owns it. */
  readonly stack: string;
  /** CloudFormation type, such as `AWS::ApiGatewayV2::Route`. */
  readonly type: string;
  /** Resolved when first read; properties that are `AWS::NoValue` are absent. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** All stacks of one environment, as the templates describe them. */
export interface Deployment {
  readonly resources: readonly Resource[];
  ofType(type: string): readonly Resource[];
  /**
   * The resource that a string of a template points at: its id, or a longer string that contains it
   * (`integrations/<id>`, an invocation URI). An alias or version of a function leads to its function.
   */
  byReference(reference: string): Resource | undefined;
}
