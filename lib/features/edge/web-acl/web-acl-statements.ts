import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

export type Statement = CfnWebACL.StatementProperty;

/** The request's path begins with one of these. */
export function pathStartsWith(prefixes: readonly string[]): Statement {
  return anyOf(
    prefixes.map((searchString) => ({
      byteMatchStatement: {
        fieldToMatch: { uriPath: {} },
        positionalConstraint: 'STARTS_WITH',
        searchString,
        // An escaped letter must not lead around the rule.
        textTransformations: [{ type: 'URL_DECODE', priority: 0 }],
      },
    })),
  );
}

/** The request's method is one of these. */
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

/** A request header has this value, to the letter. */
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

/** An AND, which AWS refuses of one statement. */
export function allOf(statements: readonly Statement[]): Statement {
  const [first] = statements;
  return statements.length === 1 && first !== undefined
    ? first
    : { andStatement: { statements: [...statements] } };
}

/** The body has more bytes than this, which must be within what the web ACL inspects of it. */
export function bodyLargerThan(size: number): Statement {
  return {
    sizeConstraintStatement: {
      // What does not fit into the inspection is larger by far.
      fieldToMatch: { body: { oversizeHandling: 'MATCH' } },
      comparisonOperator: 'GT',
      size,
      textTransformations: [{ type: 'NONE', priority: 0 }],
    },
  };
}

/** A rule before has given the request this label. */
export function hasLabel(key: string): Statement {
  return { labelMatchStatement: { scope: 'LABEL', key } };
}

/** An OR, which AWS refuses of one statement. */
function anyOf(statements: Statement[]): Statement {
  const [first] = statements;
  return statements.length === 1 && first !== undefined ? first : { orStatement: { statements } };
}

/** This, but not on paths that begin so. */
export function exceptOnPaths(prefixes: readonly string[], statement: Statement): Statement {
  if (prefixes.length === 0) return statement;
  return {
    andStatement: {
      statements: [statement, { notStatement: { statement: pathStartsWith(prefixes) } }],
    },
  };
}
