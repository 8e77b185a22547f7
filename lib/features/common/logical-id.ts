import type { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Fixes the logical id of a resource that keeps data. CloudFormation takes a new logical id for a new resource and
 * deletes the old one with what is in it; a fixed id survives every move of a construct in the tree.
 */
export function pinLogicalId(construct: IConstruct, logicalId: string): void {
  ((construct.node.defaultChild ?? construct) as CfnElement).overrideLogicalId(logicalId);
}
