import { type TextResponse, UnexpectedStatusError } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { callAwsRest } from './aws-rest.ts';

/** Which configuration is read, by ids or names, and how often at most. */
export interface ConfigurationProfile {
  readonly application: string;
  readonly environment: string;
  readonly profile: string;
  readonly pollSeconds: number;
}

export type PolledConfiguration =
  | { readonly kind: 'document'; readonly text: string; readonly nextPollSeconds: number }
  /** Since the poll before. */
  | { readonly kind: 'unchanged'; readonly nextPollSeconds: number }
  /** Nothing was ever deployed to this profile. */
  | { readonly kind: 'absent' };

/** Asks once for what is new. Rejects when AppConfig does not answer, or not as hoped for. */
export type PollConfiguration = () => Promise<PolledConfiguration>;

/** No session may ask more often (AppConfigData API, StartConfigurationSession). */
const leastPollSeconds = 15;

/**
 * Polls AppConfig's data plane: a session, and with each answer the token of the next. A token is good for one call, so
 * a call that failed leaves none; the poll after it starts a new session, which gives the whole document again.
 *
 * @param endpoint Base URL, without a path.
 */
export function createConfigurationPoll(
  credentials: AwsCredentials,
  endpoint: string,
  { application, environment, profile, pollSeconds }: ConfigurationProfile,
): PollConfiguration {
  let token: string | undefined;

  const ask = (method: 'GET' | 'POST', path: string, input?: object): Promise<TextResponse> =>
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
    const answer = await ask('POST', '/configurationsessions', input);
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
    const answer = await ask('GET', `/configuration?configuration_token=${encodeURIComponent(current)}`);
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
