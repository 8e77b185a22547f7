import type { Fault } from '../config-error.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';

/**
 * Issuers and client ids must be unique, because a token is verified with the settings of the one issuer that it names,
 * and a secret belongs to one client. Plans must exist, because callers of an issuer with an unknown plan would get the
 * default one.
 */
export function issuerFaults({ name, identity, otherIssuers }: Environment, { plans }: Catalogue): Fault[] {
  const main = identity.kind === 'oidc' ? [identity.issuer] : [];
  const entry = `environments/${name}.otherIssuers`;
  const repeatedFault = (what: string, value: string): Fault => ({
    entry,
    fault: `has the ${what} "${value}" more than once, or also as identity.`,
    remedy: 'Keep one of them.',
  });
  const names = otherIssuers.map((other) => (other.kind === 'hmac' ? other.clientId : other.name));
  return [
    ...repeated([...main, ...otherIssuers.map(({ issuer }) => issuer)]).map((value) =>
      repeatedFault('issuer', value),
    ),
    ...repeated(names).map((value) => repeatedFault('client or name', value)),
    ...otherIssuers.flatMap(({ plan }, index) =>
      plan === undefined || plan in plans
        ? []
        : [
            {
              entry: `${entry}[${index}].plan`,
              fault: `names the plan "${plan}", which does not exist.`,
              remedy: `Use one of ${Object.keys(plans).join(', ')}, or remove it to use the default plan.`,
            },
          ],
    ),
  ];
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
