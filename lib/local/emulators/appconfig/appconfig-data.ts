import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { readBody, serveOnLoopback } from '../http/loopback-server.ts';
import type { Configuration } from './appconfig-resources.ts';
import type { DeployedDocument } from './watched-document.ts';

/** The data plane API of AppConfig for one configuration. */
export interface AppConfigData {
  /** For `AWS_ENDPOINT_URL_APPCONFIGDATA`. */
  readonly url: string;
  close(): void;
}

/** AppConfig requires at least 15 seconds. Here the callers' own interval applies, so that a change takes effect sooner. */
const nextPollSeconds = 0;

const sessionRequest = z.object({
  ApplicationIdentifier: z.string(),
  EnvironmentIdentifier: z.string(),
  ConfigurationProfileIdentifier: z.string(),
  RequiredMinimumPollIntervalInSeconds: z.int().min(15).max(86_400).optional(),
});

/**
 * Serves StartConfigurationSession and GetLatestConfiguration
 * (https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_appconfigdata_GetLatestConfiguration.html): a token
 * is valid for one call, and a session receives each document once.
 *
 * @param deployed returns the deployed document; undefined when there is none.
 * @param newToken returns a random token.
 */
export async function startAppConfigData(
  configuration: Configuration,
  deployed: () => DeployedDocument | undefined,
  newToken: () => string,
): Promise<AppConfigData> {
  /** By token: the version of the last document that the session received; 0 when there was none. */
  const tokens = new Map<string, number>();
  const issue = (had: number): string => {
    const token = newToken();
    tokens.set(token, had);
    return token;
  };

  const startSession = (text: string): Answer => {
    const asked = sessionRequest.safeParse(JSON.parse(text));
    if (!asked.success) return failure(400, 'BadRequestException', asked.error.message);
    const isKnown =
      configuration.application.includes(asked.data.ApplicationIdentifier) &&
      configuration.environment.includes(asked.data.EnvironmentIdentifier) &&
      configuration.profile.includes(asked.data.ConfigurationProfileIdentifier);
    return isKnown
      ? { status: 201, body: JSON.stringify({ InitialConfigurationToken: issue(0) }) }
      : failure(404, 'ResourceNotFoundException', 'The configuration does not exist.');
  };

  const giveLatest = (token: string): Answer => {
    const had = tokens.get(token);
    tokens.delete(token);
    if (had === undefined) return failure(400, 'BadRequestException', 'The token is not valid.');
    const document = deployed();
    if (document === undefined)
      return failure(404, 'ResourceNotFoundException', 'The configuration has no deployed document.');
    return {
      status: 200,
      headers: {
        'next-poll-configuration-token': issue(document.number),
        'next-poll-interval-in-seconds': String(nextPollSeconds),
        'version-label': String(document.number),
      },
      body: document.number === had ? '' : document.text,
    };
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const text = (await readBody(request)).toString();
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://appconfigdata');
    if (request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true) {
      return failure(403, 'MissingAuthenticationTokenException', 'The call is not signed.');
    }
    const operation = `${request.method} ${pathname}`;
    if (operation === 'POST /configurationsessions') return startSession(text);
    if (operation === 'GET /configuration') return giveLatest(searchParams.get('configuration_token') ?? '');
    return failure(404, 'UnknownOperationException', `${operation} is not emulated.`);
  };

  return await serveOnLoopback((request, response) => {
    void answer(request)
      .catch(() => failure(400, 'BadRequestException', 'The request cannot be read.'))
      .then(({ status, headers, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      });
  });
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const failure = (status: number, type: string, message: string): Answer => ({
  status,
  headers: { 'x-amzn-errortype': type },
  body: JSON.stringify({ Message: message }),
});
