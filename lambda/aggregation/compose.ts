import type { HttpAnswer, HttpCall } from '../shared/http-call.ts';
import { type Asking, isLate } from './ask.ts';
import type { PartsComposition } from './contract.ts';
import { maxBodyBytes } from './forward.ts';
import { readInputs } from './inputs.ts';
import { parseJson } from './json.ts';
import { merge } from './merge.ts';
import { type PartOutcome, shownValue } from './part.ts';
import type { UpstreamAnswer } from './ports.ts';
import { problem } from './problem.ts';
import { type Outcomes, type RequiredFailure, run, withPredecessors } from './run.ts';

/** Tells whether every part of an answer is its service's own: KrakenD's users know the header as X-Krakend-Completed. */
export const completenessHeader = 'x-gateway-completed';

/** Answers a call by a composition: reads what the caller gives, asks the services, puts the parts together. */
export async function compose(composition: PartsComposition, asking: Asking): Promise<HttpAnswer> {
  const { call } = asking;
  const inputs = readInputs(call, composition);
  if (inputs.kind === 'refused') return problem(400, inputs.detail);
  const { parts } = composition;
  const takesBody = parts.some(({ send }) => send !== undefined);
  const body = takesBody ? parseJson(call.body) : undefined;
  if (takesBody && (body === undefined || body === null)) return problem(400, 'The body is not JSON.');

  const { scope, shown, fields } = inputs.wish;
  const ran = await run(parts, withPredecessors(parts, shown), scope, body, asking);
  if (ran.kind === 'failed') return failure(ran.failure);
  if (composition.kind === 'plain') return plain(composition, ran.outcomes.values().next().value);

  const { body: merged, isComplete } = merge(parts, shown, fields, ran.outcomes);
  const text = JSON.stringify(merged);
  if (Buffer.byteLength(text) > maxBodyBytes) return tooLong();
  return {
    statusCode: 200,
    headers: {
      'content-type': 'application/json',
      [completenessHeader]: String(isComplete),
      ...validatorOf(ran.outcomes),
    },
    body: text,
    isBase64Encoded: false,
  };
}

/** The services' 4xx is the caller's to read; anything else is the gateway's own answer. */
function failure({ part, outcome }: RequiredFailure): HttpAnswer {
  if (outcome.status === 'refused' && outcome.answer !== undefined) return passedOn(outcome.answer);
  const because = outcome.because ?? 'unknown';
  const more = { part: part.name, because };
  return isLate(outcome.because)
    ? problem(504, `The part "${part.name}" did not answer in time, and there is no answer without it.`, more)
    : problem(502, `The part "${part.name}" failed, and there is no answer without it.`, more);
}

function passedOn({ status, headers, body }: UpstreamAnswer): HttpAnswer {
  return {
    statusCode: status,
    headers: kept(headers, ['content-type', 'retry-after']),
    body: body.toString(),
    isBase64Encoded: false,
  };
}

/**
 * An answer of one part alone is the same while that part's is, so its entity tag tells: weak, since the bytes are others
 * (RFC 9110 section 8.8.1). It is what a later `If-Match` needs.
 */
function validatorOf(outcomes: Outcomes): Record<string, string> {
  const [only, ...others] = outcomes.values();
  const tag = others.length === 0 ? only?.answer?.headers['etag'] : undefined;
  return tag === undefined ? {} : { etag: `W/${tag.replace(/^W\//, '')}` };
}

/** The one part's answer in its new shape. What described the old body byte by byte does not go on. */
function plain({ parts }: PartsComposition, outcome: PartOutcome | undefined): HttpAnswer {
  const [part] = parts;
  if (part === undefined || outcome === undefined) return problem(502, 'The composition has no part.');
  const { answer } = outcome;
  const text = answer?.status === 204 ? '' : JSON.stringify(shownValue(part, outcome));
  if (Buffer.byteLength(text) > maxBodyBytes) return tooLong();
  return {
    statusCode: answer?.status ?? 200,
    headers: { 'content-type': 'application/json', ...kept(answer?.headers ?? {}, ['location']) },
    body: text,
    isBase64Encoded: false,
  };
}

function tooLong(): HttpAnswer {
  return problem(502, 'The answer is too long to be passed on. Ask for less by "fields".');
}

function kept(headers: HttpCall['headers'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}
