import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { refusalResponses } from '../../../runtime/contracts/refusals.ts';

/** A response of the API itself, in the format of the public API's problems (RFC 9457). */
interface GatewayResponseSettings {
  readonly type: ResponseType;
  readonly status: number;
  /** JSON with `$context` variables. API Gateway substitutes them as text and runs no template language. */
  readonly body: string;
  readonly retryAfterSeconds?: number;
}

const problem = (status: number, title: string, detail: string) =>
  JSON.stringify({ type: 'about:blank', title, status, detail });
const refusal = (word: keyof typeof refusalResponses) => JSON.stringify(refusalResponses[word].body);

const notFound = problem(404, 'Not Found', 'There is nothing at this path for this method.');
const internal = problem(500, 'Internal Server Error', 'The gateway failed. Try again later.');
/** `messageString` includes its quotes. */
const badParameters =
  '{"type":"about:blank","title":"Bad Request","status":400,"detail":$context.error.messageString}';
const badBody =
  '{"type":"about:blank","title":"Bad Request","status":400,"detail":"$context.error.validationErrorString"}';

/** Not in the list: a body over 10 MB, which AWS answers with a fixed 413. */
const answers: readonly GatewayResponseSettings[] = [
  { type: ResponseType.BAD_REQUEST_PARAMETERS, status: 400, body: badParameters },
  { type: ResponseType.BAD_REQUEST_BODY, status: 400, body: badBody },
  {
    type: ResponseType.INVALID_API_KEY,
    status: 403,
    body: problem(
      403,
      'Forbidden',
      'The call has no valid API key of the partner API. Send one in X-Api-Key.',
    ),
  },
  // Calls without the origin secret, or with a wrong one.
  { type: ResponseType.UNAUTHORIZED, status: 403, body: refusal('forbidden') },
  { type: ResponseType.ACCESS_DENIED, status: 403, body: refusal('forbidden') },
  { type: ResponseType.WAF_FILTERED, status: 403, body: refusal('forbidden') },
  { type: ResponseType.INVALID_SIGNATURE, status: 403, body: refusal('forbidden') },
  { type: ResponseType.EXPIRED_TOKEN, status: 403, body: refusal('forbidden') },
  { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, status: 404, body: notFound },
  { type: ResponseType.RESOURCE_NOT_FOUND, status: 404, body: notFound },
  {
    type: ResponseType.UNSUPPORTED_MEDIA_TYPE,
    status: 415,
    body: problem(415, 'Unsupported Media Type', 'Send application/json.'),
  },
  // The token bucket of a plan refills every second. No variable of the API says when a month's quota is reset.
  { type: ResponseType.THROTTLED, status: 429, body: refusal('throttled'), retryAfterSeconds: 1 },
  { type: ResponseType.QUOTA_EXCEEDED, status: 429, body: refusal('quota'), retryAfterSeconds: 3_600 },
  { type: ResponseType.AUTHORIZER_FAILURE, status: 503, body: refusal('unavailable'), retryAfterSeconds: 5 },
  { type: ResponseType.AUTHORIZER_CONFIGURATION_ERROR, status: 500, body: internal },
  { type: ResponseType.API_CONFIGURATION_ERROR, status: 500, body: internal },
  {
    type: ResponseType.INTEGRATION_FAILURE,
    status: 503,
    body: problem(503, 'Service Unavailable', 'The service cannot be reached. Try again shortly.'),
    retryAfterSeconds: 5,
  },
  {
    type: ResponseType.INTEGRATION_TIMEOUT,
    status: 504,
    body: problem(504, 'Gateway Timeout', 'The service did not answer in time.'),
  },
  {
    type: ResponseType.DEFAULT_4XX,
    status: 400,
    body: problem(400, 'Bad Request', 'The request is refused.'),
  },
  { type: ResponseType.DEFAULT_5XX, status: 500, body: internal },
];

/** Sets the body of every response that the API creates itself. */
export function addGatewayResponses(api: RestApi): void {
  for (const { type, status, body, retryAfterSeconds } of answers) {
    api.addGatewayResponse(type.responseType, {
      type,
      statusCode: String(status),
      responseHeaders: {
        'Cache-Control': "'no-store'",
        ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': `'${retryAfterSeconds}'` }),
      },
      templates: { 'application/json': body },
    });
  }
}
