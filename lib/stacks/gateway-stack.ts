import { type CfnElement, CfnOutput, CfnResource, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
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
  /** Names of published outputs. Undefined while the tree may still change. */
  #publishedIds: Map<CfnElement, string> | undefined;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    // The CDK validates when aspects and references between stacks are settled, before it writes the first template. It
    // resolves a name at each use; from here on the digest behind it cannot change, so it is computed once.
    this.node.addValidation({
      validate: () => {
        this.#publishedIds = new Map();
        return [];
      },
    });
  }

  protected override allocateLogicalId(element: CfnElement): string {
    const id = super.allocateLogicalId(element);
    if (!(element instanceof CfnOutput) || element.node.scope?.node.id !== published) return id;
    const known = this.#publishedIds?.get(element);
    if (known !== undefined) return known;
    const publishedId = this.#publishedId(id, element);
    this.#publishedIds?.set(element, publishedId);
    return publishedId;
  }

  #publishedId(id: string, output: CfnOutput): string {
    this.#definitions ??= new Map(
      this.node
        .findAll()
        .flatMap((construct) => (CfnResource.isCfnResource(construct) ? this.#definition(construct) : [])),
    );
    return `${id}V${replacementDigest(this.resolve(output.value), this.#definitions)}`;
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
