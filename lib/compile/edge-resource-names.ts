/** What the operators' commands must know of an environment's edge. */
export interface EdgeResourceNames {
  readonly distributionId: string;
  /** The key-value store that the viewer-request function asks. */
  readonly switchesArn: string;
}

/** Under this name the edge says it, in the Parameter Store of us-east-1. */
export function edgeResourceNamesParameter(environment: string): string {
  return `/gatehouse/${environment}/edge`;
}

/** CloudFront's own region: its certificates, its firewall and its stack are there. */
export const edgeRegion = 'us-east-1';
