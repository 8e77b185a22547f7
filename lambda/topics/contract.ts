/** A declared topic. */
export interface TopicDefinition {
  readonly partitions: number;
  /** In Kafka's own names: `retention.ms` and others. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Properties of the custom resource of a cluster's topics. CloudFormation passes numbers as texts. */
export interface TopicsProperties {
  readonly topics: Readonly<
    Record<
      string,
      { readonly partitions: string | number; readonly properties: TopicDefinition['properties'] }
    >
  >;
}
