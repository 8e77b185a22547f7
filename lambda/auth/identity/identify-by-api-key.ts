import type { Reason } from '../decision/decision.ts';
import type { Ports } from '../decision/ports.ts';
import { type ApiKey, isStoredApiKey, readApiKey } from './api-key.ts';
import { bareChallenge } from './challenge.ts';
import { type ApiKeyCredential, live } from './client-directory.ts';
import { admitCredential } from './client-identity.ts';
import type { Identification, MatchedRequest } from './identification.ts';

/**
 * Identifies the caller by the key in `X-API-Key`. A mistyped or invented key, or one of another environment,
 * costs no look-up; the directory's facts about a key are only revealed to a caller with its secret.
 *
 * @param now Milliseconds since the epoch.
 */
export async function identifyByApiKey(
  { request, address }: MatchedRequest,
  environment: string,
  ports: Ports,
  now: number,
): Promise<Identification> {
  const reading = readApiKey(request.apiKey, environment);
  if (reading.kind !== 'key') return refused(`${reading.kind}-key`);
  const answer = await ports.directory.find(reading.key.id);
  if (answer.kind === 'unavailable') return { kind: 'unavailable', reason: 'client-directory-unavailable' };
  if (answer.kind === 'unknown' || answer.credential.kind !== 'api-key') return refused('unknown-key');

  const proof = await prove(reading.key, answer.credential, ports, now);
  if (proof === 'unknown') return { kind: 'unavailable', reason: 'key-pepper-unknown' };
  if (proof === 'refused') return refused('wrong-secret');
  return admitCredential(answer.credential, { address, now, challenge: bareChallenge });
}

/**
 * Reads the peppers again when a key does not match, as often as its cool-down allows, because one may just
 * have been rotated in.
 */
async function prove(
  key: ApiKey,
  credential: ApiKeyCredential,
  { peppers }: Ports,
  now: number,
): Promise<'accepted' | 'refused' | 'unknown'> {
  const hashes = live(credential.hashes, now).map(({ hash }) => hash);
  const known = await peppers.current(now);
  if (known !== undefined && isStoredApiKey(key, hashes, known)) return 'accepted';
  await peppers.refresh(now);
  const refreshed = await peppers.current(now);
  if (refreshed === undefined) return 'unknown';
  return isStoredApiKey(key, hashes, refreshed) ? 'accepted' : 'refused';
}

function refused(reason: Reason): Identification {
  return { kind: 'refused', reason, challenge: bareChallenge };
}
