/** Names of an environment's edge resources, for the operators' commands. */
export interface EdgeResourceNames {
  readonly distributionId: string;
  /** The key-value store that the viewer-request function reads. */
  readonly switchesArn: string;
}

/** Name of the parameter with these names, in Parameter Store in us-east-1. */
export function edgeResourceNamesParameter(environment: string): string {
  return `/gatehouse/${environment}/edge`;
}

/** Region of CloudFront's certificates, web ACL and stack. */
export const edgeRegion = 'us-east-1';
