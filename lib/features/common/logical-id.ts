import type { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Fixes the logical id of a resource with data. CloudFormation treats a new logical id as a new resource and deletes the old
 * one with its data. A fixed id stays the same when the construct moves in the tree.
 */
export function pinLogicalId(construct: IConstruct, logicalId: string): void {
  ((construct.node.defaultChild ?? construct) as CfnElement).overrideLogicalId(logicalId);
}
