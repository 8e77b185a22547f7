import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

export type Statement = CfnWebACL.StatementProperty;

/** Matches paths with one of these prefixes. */
export function pathStartsWith(prefixes: readonly string[]): Statement {
  return anyOf(
    prefixes.map((searchString) => ({
      byteMatchStatement: {
        fieldToMatch: { uriPath: {} },
        positionalConstraint: 'STARTS_WITH',
        searchString,
        // Decodes escapes, so that an escaped character does not bypass the rule.
        textTransformations: [{ type: 'URL_DECODE', priority: 0 }],
      },
    })),
  );
}

/** Matches requests with one of these methods. */
export function methodIn(methods: readonly string[]): Statement {
  return anyOf(
    methods.map((searchString) => ({
      byteMatchStatement: {
        fieldToMatch: { method: {} },
        positionalConstraint: 'EXACTLY',
        searchString,
        textTransformations: [{ type: 'NONE', priority: 0 }],
      },
    })),
  );
}

/** Matches requests with exactly this header value. */
export function headerEquals(name: string, value: string): Statement {
  return {
    byteMatchStatement: {
      fieldToMatch: { singleHeader: { Name: name } },
      positionalConstraint: 'EXACTLY',
      searchString: value,
      textTransformations: [{ type: 'NONE', priority: 0 }],
    },
  };
}

/** An AND of statements. AWS WAF refuses an AND with one statement. */
export function allOf(statements: readonly Statement[]): Statement {
  const [first] = statements;
  return statements.length === 1 && first !== undefined
    ? first
    : { andStatement: { statements: [...statements] } };
}

/** Matches bodies of more bytes than this, which must be at most the inspected size. */
export function bodyLargerThan(size: number): Statement {
  return {
    sizeConstraintStatement: {
      // A body beyond the inspected size matches as well.
      fieldToMatch: { body: { oversizeHandling: 'MATCH' } },
      comparisonOperator: 'GT',
      size,
      textTransformations: [{ type: 'NONE', priority: 0 }],
    },
  };
}

/** Matches requests that an earlier rule has labelled. */
export function hasLabel(key: string): Statement {
  return { labelMatchStatement: { scope: 'LABEL', key } };
}

/** An OR of statements. AWS WAF refuses an OR with one statement. */
function anyOf(statements: Statement[]): Statement {
  const [first] = statements;
  return statements.length === 1 && first !== undefined ? first : { orStatement: { statements } };
}

/** Matches the statement, except on paths with these prefixes. */
export function exceptOnPaths(prefixes: readonly string[], statement: Statement): Statement {
  if (prefixes.length === 0) return statement;
  return {
    andStatement: {
      statements: [statement, { notStatement: { statement: pathStartsWith(prefixes) } }],
    },
  };
}
