import { type AuthorizerDependencies, createAuthorizer } from './authorizer.ts';
import type { ExplainInput } from './explain.ts';

/**
 * The function's handler: decides, or explains a decision to an operator. An event with the top-level member
 * `explain` asks for an explanation. API Gateway lets callers set nothing at the top level of an event, so
 * only principals that may invoke the function can ask.
 */
export function createFunction(dependencies: AuthorizerDependencies) {
  const authorize = createAuthorizer(dependencies);
  return async (event: unknown): Promise<unknown> => {
    const input = explainInputOf(event);
    if (input === undefined) return await authorize(event);
    // Loaded on demand: operators ask rarely, and starts should stay fast.
    const { explain } = await import('./explain.ts');
    return await explain(event, input, dependencies);
  };
}

function explainInputOf(event: unknown): ExplainInput | undefined {
  if (typeof event !== 'object' || event === null || !Object.hasOwn(event, 'explain')) return undefined;
  return (event as { readonly explain: ExplainInput }).explain;
}
