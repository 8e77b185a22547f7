import { groupsOf, labelOf, managedRuleGroup } from './managed-rule-groups.ts';
import type { WebAclProps } from './web-acl-props.ts';
import { type Rule, refusal, responseBodyKeys, visibility } from './web-acl-rules.ts';
import { exceptOnPaths, hasLabel } from './web-acl-statements.ts';

/**
 * AWS's managed rule groups, then the exceptions: a managed rule with an exception only counts and labels the request. An own
 * rule blocks labelled requests on all other paths.
 */
export function managedRules({
  managedRules: mode,
  exceptions = [],
  botControl = false,
  antiDdos = false,
}: WebAclProps): Rule[] {
  const groups = groupsOf({ botControl, antiDdos });
  return [
    ...groups.map((name): Rule => {
      const { counted, configuration } = managedRuleGroup(name);
      const excepted = exceptions.filter(({ group }) => group === name).map(({ rule }) => rule);
      return {
        name,
        visibilityConfig: visibility(name),
        overrideAction: mode === 'count' ? { count: {} } : { none: {} },
        statement: {
          managedRuleGroupStatement: {
            vendorName: 'AWS',
            name,
            ruleActionOverrides: [...new Set([...counted, ...excepted])].map((rule) => ({
              name: rule,
              actionToUse: { count: {} },
            })),
            ...(configuration === undefined ? {} : { managedRuleGroupConfigs: [configuration] }),
          },
        },
      };
    }),
    ...exceptions.map((exception): Rule => {
      const name = `${exception.rule.replaceAll('_', '')}OutsideExceptions`;
      return {
        name,
        visibilityConfig: visibility(name),
        statement: exceptOnPaths(exception.pathPrefixes, hasLabel(labelOf(exception))),
        action: mode === 'count' ? { count: {} } : refusal(403, responseBodyKeys.forbidden),
      };
    }),
  ];
}
