/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a required variable.
 *
 * @throws Error that names the variable: a function must not start without its settings.
 */
export function requireEnv(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') {
    throw new Error(`The environment variable ${name} is not set. Set it in the function's environment.`);
  }
  return value;
}

/** Reads a variable that may be missing or empty. */
export function optionalEnv(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}

/**
 * Reads a variable that has one of a few allowed values.
 *
 * @throws Error that names the variable and the allowed values.
 */
export function requireOneOf<Word extends string>(
  environment: Environment,
  name: string,
  words: readonly Word[],
): Word {
  const value = requireEnv(environment, name);
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) {
    throw new Error(`The environment variable ${name} is "${value}". Set it to one of: ${words.join(', ')}.`);
  }
  return word;
}
