import type { Call } from './call.ts';
import { contextVariable, isContextVariable } from './context-variables.ts';

const reference = /\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)/g;

/** The variables of a format that HTTP APIs do not have. */
export function unknownVariables(format: string): string[] {
  return [...format.matchAll(reference)]
    .map(([, name = '']) => name)
    .filter((name) => !isContextVariable(name));
}

/**
 * One line of the access log. A variable without a value becomes `-`. Values are escaped as in JSON, so that a line
 * stays one line and JSON stays valid.
 */
export function accessLogLine(format: string, call: Call): string {
  return format.replaceAll(reference, (_, name: string) => escaped(name, contextVariable(call, name) ?? '-'));
}

function escaped(name: string, value: string): string {
  // The value of this variable includes its quotes.
  return name === 'error.messageString' ? value : JSON.stringify(value).slice(1, -1);
}
