import { type CfnElement, CfnOutput, CfnResource, Stack } from 'aws-cdk-lib';
import { type ResourceDefinition, replacementDigest } from '../features/common/replacement-digest.ts';

/** Id of the construct in which the CDK keeps the outputs that other stacks read with `Fn::GetStackOutput`. */
const published = 'Publish';

/**
 * A stack of the gateway. Other stacks read its outputs by name, and `cdk deploy` skips a stack whose template is unchanged.
 * Therefore the name of an output ends in a digest of the properties that make CloudFormation replace the resource: when a
 * resource will be replaced, the templates that read it change, too (docs/adr/0040-references-between-stacks.md).
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

  /** Resolves lazily, because other stacks read few of the resources. */
  #definition(resource: CfnResource): [string, ResourceDefinition][] {
    const id = this.resolve(resource.logicalId) as string;
    const properties = (): object => {
      // oxlint-disable-next-line no-underscore-dangle -- the CDK has no public API for the template of one resource
      const template = this.resolve((resource as unknown as Template)._toCloudFormation());
      return template.Resources[id].Properties ?? {};
    };
    return [[id, { type: resource.cfnResourceType, properties }]];
  }
}

/** The CDK's internal method that renders a resource. */
interface Template {
  _toCloudFormation(): unknown;
}
