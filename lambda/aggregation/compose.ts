import type { HttpRequest, HttpResponse } from '../../runtime/http/lambda-http.ts';
import { isJsonObject, writeJsonText } from '../../runtime/json/json-text.ts';
import { isLate, type RequestContext } from './call-part.ts';
import { weakTag } from './conditional-request.ts';
import type { Part, PartsComposition } from './contract.ts';
import { encodedBody, maxBodyBytes } from './encoded-body.ts';
import { readInputs } from './inputs.ts';
import { parseJson } from './json.ts';
import { merge } from './merge.ts';
import { fallback, hasValue, missingInput, type PartOutcome, shownValue } from './part.ts';
import { type Outcomes, type RequiredFailure, runParts, withPredecessors } from './part-execution.ts';
import type { UpstreamAnswer } from './ports.ts';
import { problem } from './problem.ts';

/** States whether every part of an answer comes from its service, like KrakenD's X-Krakend-Completed. */
export const completenessHeader = 'x-gateway-completed';

/** Answers a call with a composition: reads the input, requests the parts, merges them. */
export async function compose(composition: PartsComposition, context: RequestContext): Promise<HttpResponse> {
  const { call } = context;
  const inputs = readInputs(call, composition);
  if (inputs.kind === 'refused') return problem(400, inputs.detail);
  const { parts } = composition;
  const takesBody = parts.some(({ send }) => send !== undefined);
  const body = takesBody ? parseJson(call.body) : undefined;
  if (takesBody && (body === undefined || body === null)) return problem(400, 'The body is not JSON.');

  const { scope, shown, fields } = inputs.query;
  const ran = await runParts(withPredecessors(parts, shown), scope, body, context);
  if (ran.kind === 'failed') return failure(ran.failure);
  if (composition.kind === 'plain') return plain(composition, ran.outcomes.values().next().value);

  const outcomes = withoutMisplaced(parts, shown, ran.outcomes);
  const failed = parts.find(({ name, required }) => required && outcomes.get(name)?.reason === misplaced);
  if (failed !== undefined) {
    return failure({ part: failed, outcome: outcomes.get(failed.name) ?? missingInput(failed, failed.name) });
  }
  const { body: merged, meta, isComplete } = merge(parts, shown, fields, outcomes);
  const text = writeJsonText({ ...merged, meta });
  if (Buffer.byteLength(text) > maxBodyBytes) return tooLong();
  return {
    statusCode: 200,
    headers: {
      'content-type': 'application/json',
      [completenessHeader]: String(isComplete),
      ...(isComplete ? { etag: partTag(outcomes) ?? weakTag(writeJsonText(merged)) } : {}),
    },
    ...encodedBody(text),
  };
}

/** Why a part whose members belong at the top level has none. */
const misplaced = 'not-an-object';

/** A part at the top level must be an object: other values have no members. */
function withoutMisplaced(parts: readonly Part[], shown: ReadonlySet<string>, outcomes: Outcomes): Outcomes {
  const changed = new Map(outcomes);
  for (const part of parts) {
    const outcome = outcomes.get(part.name);
    if (outcome === undefined || part.at !== '' || !shown.has(part.name)) continue;
    if (hasValue(outcome) && !isJsonObject(shownValue(part, outcome))) {
      changed.set(part.name, fallback(part, misplaced));
    }
  }
  return changed;
}

/** The services' 4xx is passed to the caller; any other failure becomes the gateway's own answer. */
function failure({ part, outcome }: RequiredFailure): HttpResponse {
  if (outcome.status === 'refused' && outcome.answer !== undefined) return passedOn(outcome.answer);
  const reason = outcome.reason ?? 'unknown';
  const more = { part: part.name, reason };
  return isLate(outcome.reason)
    ? problem(504, `The part "${part.name}" did not answer in time, and the answer requires it.`, more)
    : problem(502, `The part "${part.name}" failed, and the answer requires it.`, more);
}

function passedOn({ status, headers, body }: UpstreamAnswer): HttpResponse {
  return {
    statusCode: status,
    headers: cached(headers, ['content-type', 'retry-after', 'www-authenticate']),
    ...encodedBody(body),
  };
}

/**
 * An answer of one part alone takes its entity tag from that part: weak, because the bytes differ (RFC 9110
 * section 8.8.1). A later `If-Match` needs it.
 */
function partTag(outcomes: Outcomes): string | undefined {
  const [only, ...others] = outcomes.values();
  const tag = others.length === 0 ? only?.answer?.headers['etag'] : undefined;
  return tag === undefined ? undefined : `W/${tag.replace(/^W\//, '')}`;
}

/** The one part's answer in its new shape, without the headers that describe the bytes of the old body. */
function plain({ parts }: PartsComposition, outcome: PartOutcome | undefined): HttpResponse {
  const [part] = parts;
  if (part === undefined || outcome === undefined) return problem(502, 'The composition has no part.');
  const { answer } = outcome;
  const text = answer?.status === 204 ? '' : writeJsonText(shownValue(part, outcome));
  if (Buffer.byteLength(text) > maxBodyBytes) return tooLong();
  return {
    statusCode: answer?.status ?? 200,
    headers: {
      'content-type': 'application/json',
      ...cached(answer?.headers ?? {}, ['location']),
      ...(part.method === 'GET' ? { etag: partTag(new Map([[part.name, outcome]])) ?? weakTag(text) } : {}),
    },
    ...encodedBody(text),
  };
}

function tooLong(): HttpResponse {
  return problem(502, 'The answer is too long to be returned. Request less with "fields".');
}

function cached(headers: HttpRequest['headers'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}
