/** A topic as it is to be. */
export interface TopicDefinition {
  readonly partitions: number;
  /** In Kafka's own words: `retention.ms` and others. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Properties of the custom resource that stands for the topics of a cluster. CloudFormation makes texts of numbers. */
export interface TopicsProperties {
  readonly topics: Readonly<
    Record<
      string,
      { readonly partitions: string | number; readonly properties: TopicDefinition['properties'] }
    >
  >;
}
