import { z } from 'zod';
import { nested, number, resourceType } from '../emulation/resource-type.ts';

/** What of AWS WAF's resources is emulated: rules of one's own. AWS's rule groups are AWS's code, and announced. */

const transformation = z.strictObject({
  Priority: number,
  Type: z.enum(['NONE', 'LOWERCASE', 'URL_DECODE']),
});

const empty = z.strictObject({});
const fieldToMatch = z
  .strictObject({
    UriPath: empty.optional(),
    QueryString: empty.optional(),
    Method: empty.optional(),
    SingleHeader: z.strictObject({ Name: z.string() }).optional(),
  })
  .refine((field) => Object.keys(field).length === 1, 'names none or several fields.');

export interface Statement {
  readonly RateBasedStatement?: {
    readonly Limit: number;
    readonly AggregateKeyType: 'IP' | 'CONSTANT';
    readonly EvaluationWindowSec: number;
    readonly ScopeDownStatement?: Statement | undefined;
  };
  readonly ByteMatchStatement?: z.output<typeof byteMatch>;
  readonly IPSetReferenceStatement?: { readonly Arn: string };
  readonly ManagedRuleGroupStatement?: { readonly Name: string };
  readonly AndStatement?: { readonly Statements: readonly Statement[] };
  readonly OrStatement?: { readonly Statements: readonly Statement[] };
  readonly NotStatement?: { readonly Statement: Statement };
}

const byteMatch = z.strictObject({
  SearchString: z.string(),
  FieldToMatch: fieldToMatch,
  PositionalConstraint: z.enum(['EXACTLY', 'STARTS_WITH', 'ENDS_WITH', 'CONTAINS']),
  TextTransformations: z.array(transformation),
});

const statement: z.ZodType<Statement> = z.lazy(() =>
  z
    .strictObject({
      RateBasedStatement: z
        .strictObject({
          Limit: number,
          AggregateKeyType: z.enum(['IP', 'CONSTANT']),
          EvaluationWindowSec: number.default(300),
          ScopeDownStatement: statement.optional(),
        })
        .optional(),
      ByteMatchStatement: byteMatch.optional(),
      IPSetReferenceStatement: z.strictObject({ Arn: z.string() }).optional(),
      ManagedRuleGroupStatement: z.looseObject({ Name: z.string() }).optional(),
      AndStatement: z.strictObject({ Statements: z.array(statement) }).optional(),
      OrStatement: z.strictObject({ Statements: z.array(statement) }).optional(),
      NotStatement: z.strictObject({ Statement: statement }).optional(),
    })
    .refine((one) => Object.keys(one).length === 1, 'is none or several statements.'),
) as z.ZodType<Statement>;

const block = z.strictObject({
  CustomResponse: z
    .strictObject({
      ResponseCode: number,
      CustomResponseBodyKey: z.string().optional(),
      ResponseHeaders: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).optional(),
    })
    .optional(),
});
export type BlockAction = z.output<typeof block>;

const action = z.strictObject({ Allow: empty.optional(), Block: block.optional(), Count: empty.optional() });

export const webAclType = resourceType({
  type: 'AWS::WAFv2::WebACL',
  emulated: {
    Scope: z.literal('CLOUDFRONT'),
    DefaultAction: z.strictObject({ Allow: empty.optional(), Block: block.optional() }),
    CustomResponseBodies: z
      .record(z.string(), z.strictObject({ ContentType: z.string(), Content: z.string() }))
      .optional(),
    Rules: z
      .array(
        nested(
          {
            Name: z.string(),
            Priority: number,
            Statement: statement,
            Action: action.optional(),
          },
          // OverrideAction belongs to rule groups, which are not run; the rest are metrics.
          ['OverrideAction', 'VisibilityConfig'],
        ),
      )
      .default([]),
  },
  ignored: {
    Name: 'a name',
    Description: 'a label',
    Tags: 'labels',
    VisibilityConfig: 'metrics of AWS',
  },
});

export const ipSetType = resourceType({
  type: 'AWS::WAFv2::IPSet',
  emulated: {
    Addresses: z.array(z.string()),
    IPAddressVersion: z.enum(['IPV4', 'IPV6']),
  },
  ignored: { Name: 'a name', Description: 'a label', Scope: 'a laptop has one firewall', Tags: 'labels' },
});
