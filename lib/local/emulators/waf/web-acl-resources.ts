import { z } from 'zod';
import { nested, number, resourceType } from '../../engine/resource-type.ts';

/** The emulated properties of AWS WAF resources. Managed rule groups are AWS code: the local run skips them. */

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
  .refine((field) => Object.keys(field).length === 1, 'must name exactly one field.');

export interface Statement {
  readonly RateBasedStatement?: {
    readonly Limit: number;
    readonly AggregateKeyType: 'IP' | 'CONSTANT' | 'FORWARDED_IP';
    readonly ForwardedIPConfig?: z.output<typeof forwardedAddress> | undefined;
    readonly EvaluationWindowSec: number;
    readonly ScopeDownStatement?: Statement | undefined;
  };
  readonly ByteMatchStatement?: z.output<typeof byteMatch>;
  readonly SizeConstraintStatement?: z.output<typeof sizeConstraint>;
  readonly LabelMatchStatement?: z.output<typeof labelMatch>;
  readonly IPSetReferenceStatement?: z.output<typeof ipSetReference>;
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

/** Applies to the part of a body that the web ACL inspects. */
const sizeConstraint = z.strictObject({
  FieldToMatch: z.strictObject({
    Body: z.strictObject({ OversizeHandling: z.enum(['CONTINUE', 'MATCH', 'NO_MATCH']).default('CONTINUE') }),
  }),
  ComparisonOperator: z.enum(['GT', 'GE', 'LT', 'LE', 'EQ', 'NE']),
  Size: number,
  TextTransformations: z.array(z.strictObject({ Priority: number, Type: z.literal('NONE') })),
});

/** Only managed rule groups add labels, and those are not emulated: no request has one. */
const labelMatch = z.strictObject({ Scope: z.enum(['LABEL', 'NAMESPACE']), Key: z.string() });

/** A header that contains the client's address. */
const forwardedAddress = z.strictObject({
  HeaderName: z.string(),
  FallbackBehavior: z.enum(['MATCH', 'NO_MATCH']),
});

const ipSetReference = z.strictObject({
  Arn: z.string(),
  IPSetForwardedIPConfig: forwardedAddress.extend({ Position: z.literal('FIRST') }).optional(),
});

const statement: z.ZodType<Statement> = z.lazy(() =>
  z
    .strictObject({
      RateBasedStatement: z
        .strictObject({
          Limit: number,
          AggregateKeyType: z.enum(['IP', 'CONSTANT', 'FORWARDED_IP']),
          ForwardedIPConfig: forwardedAddress.optional(),
          EvaluationWindowSec: number.default(300),
          ScopeDownStatement: statement.optional(),
        })
        .optional(),
      ByteMatchStatement: byteMatch.optional(),
      SizeConstraintStatement: sizeConstraint.optional(),
      LabelMatchStatement: labelMatch.optional(),
      IPSetReferenceStatement: ipSetReference.optional(),
      ManagedRuleGroupStatement: z.looseObject({ Name: z.string() }).optional(),
      AndStatement: z.strictObject({ Statements: z.array(statement) }).optional(),
      OrStatement: z.strictObject({ Statements: z.array(statement) }).optional(),
      NotStatement: z.strictObject({ Statement: statement }).optional(),
    })
    .refine((one) => Object.keys(one).length === 1, 'must contain exactly one statement.'),
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
    Scope: z.enum(['CLOUDFRONT', 'REGIONAL']),
    AssociationConfig: z
      .strictObject({
        RequestBody: z.partialRecord(
          z.enum(['CLOUDFRONT', 'API_GATEWAY']),
          z.strictObject({ DefaultSizeInspectionLimit: z.enum(['KB_16', 'KB_32', 'KB_48', 'KB_64']) }),
        ),
      })
      .optional(),
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
          // OverrideAction applies to rule groups, which are not emulated; VisibilityConfig applies to metrics.
          ['OverrideAction', 'VisibilityConfig'],
        ),
      )
      .default([]),
  },
  ignored: {
    Name: 'the name has no effect locally',
    Description: 'descriptive text has no effect locally',
    Tags: 'tags have no effect locally',
    VisibilityConfig: 'the local run has no CloudWatch metrics of AWS WAF',
  },
});

export const ipSetType = resourceType({
  type: 'AWS::WAFv2::IPSet',
  emulated: {
    Addresses: z.array(z.string()),
    IPAddressVersion: z.enum(['IPV4', 'IPV6']),
  },
  ignored: {
    Name: 'the name has no effect locally',
    Description: 'descriptive text has no effect locally',
    Scope: 'the local run has one firewall',
    Tags: 'tags have no effect locally',
  },
});
