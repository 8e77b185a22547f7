import { type CfnElement, CfnOutput, CfnResource, Stack } from 'aws-cdk-lib';
import { type ResourceDefinition, replacementDigest } from '../features/common/replacement-digest.ts';

/** Where the CDK keeps the outputs that other stacks read by `Fn::GetStackOutput`. */
const published = 'Publish';

/**
 * A stack of the gateway. Other stacks read its outputs by name, and `cdk deploy` skips a stack whose template is unchanged.
 * So the name of an output ends in a digest of what makes CloudFormation replace the resource behind it: a template that
 * reads a resource changes whenever that resource is going to be another one (docs/adr/0040-references-between-stacks.md).
 */
export class GatewayStack extends Stack {
  #definitions: ReadonlyMap<string, ResourceDefinition> | undefined;

  protected override allocateLogicalId(element: CfnElement): string {
    const id = super.allocateLogicalId(element);
    if (!(element instanceof CfnOutput) || element.node.scope?.node.id !== published) return id;
    this.#definitions ??= new Map(
      this.node
        .findAll()
        .flatMap((construct) => (CfnResource.isCfnResource(construct) ? this.#definition(construct) : [])),
    );
    return `${id}V${replacementDigest(this.resolve(element.value), this.#definitions)}`;
  }

  /** Resolved only when asked for: most resources are read by no other stack. */
  #definition(resource: CfnResource): [string, ResourceDefinition][] {
    const id = this.resolve(resource.logicalId) as string;
    const properties = (): object => {
      // oxlint-disable-next-line no-underscore-dangle -- the CDK has no public way to a resource as the template will have it
      const template = this.resolve((resource as unknown as Template)._toCloudFormation());
      return template.Resources[id].Properties ?? {};
    };
    return [[id, { type: resource.cfnResourceType, properties }]];
  }
}

/** The CDK's own way to a resource's part of the template. */
interface Template {
  _toCloudFormation(): unknown;
}
