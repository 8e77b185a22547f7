import { managedRuleGroup } from './managed-rule-groups.ts';

/** Capacity that the base price of a web ACL includes, and the maximum ("AWS WAF quotas"). */
export const includedCapacityUnits = 1_500;
export const maxCapacityUnits = 5_000;

/** A statement with all references resolved, as far as its capacity depends on it. */
interface Statement {
  readonly byteMatchStatement?: Inspection & { readonly positionalConstraint: string };
  readonly sizeConstraintStatement?: Inspection;
  readonly ipSetReferenceStatement?: { readonly ipSetForwardedIpConfig?: { readonly position: string } };
  readonly labelMatchStatement?: object;
  readonly rateBasedStatement?: { readonly scopeDownStatement?: Statement };
  readonly managedRuleGroupStatement?: { readonly name: string };
  readonly andStatement?: { readonly statements: readonly Statement[] };
  readonly orStatement?: { readonly statements: readonly Statement[] };
  readonly notStatement?: { readonly statement: Statement };
}

interface Inspection {
  readonly fieldToMatch: object;
  readonly textTransformations: readonly { readonly type: string }[];
}

export interface CountedRule {
  readonly name: string;
  readonly statement: object;
}

/**
 * Web ACL capacity units of rules, from "Using rule statements in AWS WAF". AWS may count less if rules share work, but never
 * more.
 *
 * @throws {Error} for a statement with unknown capacity
 */
export function capacityUnits(rules: readonly CountedRule[]): number {
  return rules.reduce((sum, rule) => sum + unitsOfRule(rule), 0);
}

function unitsOfRule({ name, statement }: CountedRule): number {
  // AWS WAF applies the same transformation of the same request component once per rule, and counts it once.
  const transformations = new Set<string>();
  const transform = ({ fieldToMatch, textTransformations }: Inspection) => {
    for (const { type } of textTransformations) {
      if (type !== 'NONE') transformations.add(JSON.stringify([fieldToMatch, type]));
    }
  };
  const units = (one: Statement): number => {
    if (one.byteMatchStatement !== undefined) {
      transform(one.byteMatchStatement);
      return one.byteMatchStatement.positionalConstraint.startsWith('CONTAINS') ? 10 : 2;
    }
    if (one.sizeConstraintStatement !== undefined) {
      transform(one.sizeConstraintStatement);
      return 1;
    }
    if (one.ipSetReferenceStatement !== undefined) {
      return one.ipSetReferenceStatement.ipSetForwardedIpConfig?.position === 'ANY' ? 5 : 1;
    }
    if (one.labelMatchStatement !== undefined) return 1;
    if (one.rateBasedStatement !== undefined) {
      const { scopeDownStatement } = one.rateBasedStatement;
      return 2 + (scopeDownStatement === undefined ? 0 : units(scopeDownStatement));
    }
    if (one.managedRuleGroupStatement !== undefined) {
      return managedRuleGroup(one.managedRuleGroupStatement.name).capacityUnits;
    }
    if (one.notStatement !== undefined) return units(one.notStatement.statement);
    const parts = one.andStatement?.statements ?? one.orStatement?.statements;
    if (parts !== undefined) return parts.reduce((sum, part) => sum + units(part), 0);
    throw new Error(`What the statement of the rule ${name} costs is not known: ${Object.keys(one).join()}.`);
  };
  return units(statement) + 10 * transformations.size;
}
