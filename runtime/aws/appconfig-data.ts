import { type TextResponse, UnexpectedStatusError } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { callAwsRest } from './aws-rest.ts';

/** The configuration to read, by ids or names, and the shortest interval between polls. */
export interface ConfigurationProfile {
  readonly application: string;
  readonly environment: string;
  readonly profile: string;
  readonly pollSeconds: number;
}

export type PolledConfiguration =
  | { readonly kind: 'document'; readonly text: string; readonly nextPollSeconds: number }
  /** Since the previous poll. */
  | { readonly kind: 'unchanged'; readonly nextPollSeconds: number }
  /** Nothing has been deployed to this profile. */
  | { readonly kind: 'absent' };

/** Polls once for a change. Rejects when AppConfig does not answer or answers with an unexpected status. */
export type PollConfiguration = () => Promise<PolledConfiguration>;

/** The shortest poll interval that AppConfig accepts (AppConfigData API, StartConfigurationSession). */
const leastPollSeconds = 15;

/**
 * Polls AppConfig's data plane: it starts a session, and each answer carries the token of the next call. A
 * token is valid for one call, so after a failed call the next poll starts a new session, which returns the
 * whole document.
 *
 * @param endpoint Base URL, without a path.
 */
export function createConfigurationPoll(
  credentials: AwsCredentials,
  endpoint: string,
  { application, environment, profile, pollSeconds }: ConfigurationProfile,
): PollConfiguration {
  let token: string | undefined;

  const call = (method: 'GET' | 'POST', path: string, input?: object): Promise<TextResponse> =>
    callAwsRest({ service: 'appconfig', endpoint }, credentials, {
      method,
      path,
      ...(input === undefined ? {} : { input }),
    });

  const startSession = async (): Promise<string | undefined> => {
    const input = {
      ApplicationIdentifier: application,
      EnvironmentIdentifier: environment,
      ConfigurationProfileIdentifier: profile,
      RequiredMinimumPollIntervalInSeconds: Math.max(leastPollSeconds, pollSeconds),
    };
    const answer = await call('POST', '/configurationsessions', input);
    if (answer.status === 404) return undefined;
    if (answer.status !== 201) throw unexpected('StartConfigurationSession', answer);
    const { InitialConfigurationToken: initial } = Object(JSON.parse(answer.text)) as Record<string, unknown>;
    if (typeof initial !== 'string') throw unexpected('StartConfigurationSession', answer);
    return initial;
  };

  const unexpected = (operation: string, { status }: TextResponse) =>
    new UnexpectedStatusError(
      `${operation} of ${application}/${environment}/${profile} at ${endpoint}`,
      status,
    );

  return async () => {
    const current = token ?? (await startSession());
    token = undefined;
    if (current === undefined) return { kind: 'absent' };
    const answer = await call('GET', `/configuration?configuration_token=${encodeURIComponent(current)}`);
    if (answer.status === 404) return { kind: 'absent' };
    if (answer.status !== 200 && answer.status !== 204) throw unexpected('GetLatestConfiguration', answer);
    token = answer.headers['next-poll-configuration-token'];
    const nextPollSeconds = secondsOf(answer.headers['next-poll-interval-in-seconds']);
    return answer.text === ''
      ? { kind: 'unchanged', nextPollSeconds }
      : { kind: 'document', text: answer.text, nextPollSeconds };
  };
}

function secondsOf(header = ''): number {
  return /^\d{1,6}$/.test(header) ? Number(header) : leastPollSeconds;
}
