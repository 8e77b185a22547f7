import { CfnIPSet, type CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface IpSetsProps {
  /** Description of the IP sets. */
  readonly description: string;
  readonly scope: 'CLOUDFRONT' | 'REGIONAL';
  /** CIDR ranges of both IP versions, such as `203.0.113.0/24` and `2001:db8::/32`; at least one. */
  readonly ranges: readonly string[];
}

/**
 * IP sets of a list of CIDR ranges: one per IP version in the list, with at most 10,000 ranges each
 * ("AWS WAF quotas").
 */
export class IpSets extends Construct {
  /** Statement that matches requests from these addresses. */
  readonly statement: CfnWebACL.StatementProperty;

  constructor(scope: Construct, id: string, props: IpSetsProps) {
    super(scope, id);
    const v6 = props.ranges.filter((range) => range.includes(':'));
    const v4 = props.ranges.filter((range) => !range.includes(':'));
    const statements = [
      ...(v4.length === 0 ? [] : [this.#references('V4', 'IPV4', v4, props)]),
      ...(v6.length === 0 ? [] : [this.#references('V6', 'IPV6', v6, props)]),
    ];
    const [first] = statements;
    if (first === undefined) throw new Error(`The address list "${props.description}" is empty.`);
    // AWS WAF refuses an OR with one statement.
    this.statement = statements.length === 1 ? first : { orStatement: { statements } };
  }

  #references(
    id: string,
    ipAddressVersion: 'IPV4' | 'IPV6',
    addresses: string[],
    { description, scope }: IpSetsProps,
  ): CfnWebACL.StatementProperty {
    const set = new CfnIPSet(this, id, { scope, description, ipAddressVersion, addresses });
    return { ipSetReferenceStatement: { arn: set.attrArn } };
  }
}
