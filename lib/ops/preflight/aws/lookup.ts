import type { LookupResult } from '../account.ts';

/** Settings of an SDK client in a region. */
export interface ClientSettings {
  readonly region: string;
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number; readonly socketTimeout: number };
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export type SettingsAt = (region: string) => ClientSettings;

/**
 * Converts a call to a lookup result.
 *
 * @param missing names of the errors that mean "does not exist"; an undefined result means the same.
 */
export async function lookUp<T>(
  missing: readonly string[],
  call: () => Promise<T | undefined>,
): Promise<LookupResult<T>> {
  try {
    const value = await call();
    return value === undefined ? { kind: 'missing' } : { kind: 'found', value };
  } catch (error) {
    return missing.some((name) => isNamed(error, name))
      ? { kind: 'missing' }
      : { kind: 'unreadable', reason: sentenceOf(error) };
  }
}

export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { $response: response } = error as { readonly $response?: { readonly statusCode?: number } };
  if (error.message.includes('Deserialization error') || error.message === 'UnknownError') {
    return `what answers with ${response?.statusCode ?? 'no status'} does not speak as AWS does`;
  }
  const text = error.message === '' || error.message === error.name ? '' : `: ${error.message}`;
  return `${error.name}${text}`.replaceAll(/\s+/g, ' ');
}
