import { type AuthorizerDependencies, createAuthorizer } from './authorizer.ts';
import type { ExplainInput } from './explain.ts';

/**
 * The function's handler: decides, or for an operator explains. An event that asks for an explanation has an entry
 * `explain` beside what the gateway sends; the gateway gives callers no say in what an event has at its top, so only who
 * may invoke the function can ask.
 */
export function createFunction(dependencies: AuthorizerDependencies) {
  const authorize = createAuthorizer(dependencies);
  return async (event: unknown): Promise<unknown> => {
    const asked = explainInputOf(event);
    if (asked === undefined) return await authorize(event);
    // Operators ask seldom, and no start should wait for what answers them.
    const { explain } = await import('./explain.ts');
    return await explain(event, asked, dependencies);
  };
}

function explainInputOf(event: unknown): ExplainInput | undefined {
  if (typeof event !== 'object' || event === null || !Object.hasOwn(event, 'explain')) return undefined;
  return (event as { readonly explain: ExplainInput }).explain;
}
