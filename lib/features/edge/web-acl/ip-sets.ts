import { CfnIPSet, type CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface IpSetsProps {
  /** What the addresses have in common, for descriptions. */
  readonly description: string;
  readonly scope: 'CLOUDFRONT' | 'REGIONAL';
  /** Ranges of both families, such as `203.0.113.0/24` and `2001:db8::/32`; at least one. */
  readonly ranges: readonly string[];
}

/**
 * A list of addresses as AWS WAF keeps it: a set for each family that the list has, of at most 10 000 ranges each
 * ("AWS WAF quotas").
 */
export class IpSets extends Construct {
  /** Matches a request from one of the addresses. */
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
    // An OR of one statement is refused.
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
