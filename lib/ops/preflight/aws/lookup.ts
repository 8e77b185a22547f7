import type { LookupResult } from '../account.ts';

/** Settings of a client of the SDK in a region. */
export interface ClientSettings {
  readonly region: string;
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number; readonly socketTimeout: number };
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export type SettingsAt = (region: string) => ClientSettings;

/**
 * What a call gives, as a value.
 *
 * @param missing names of the errors by which the service says that there is no such thing; an answer without the
 *   thing says so, too.
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
