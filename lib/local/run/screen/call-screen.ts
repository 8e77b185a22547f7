import { BoundedMap } from '../../../../runtime/collections/bounded-map.ts';
import { parseRecord } from '../../../common/parse-record.ts';
import type { Hop } from '../../engine/gateway-ports.ts';
import { type CallLine, callLine, type LineStyle } from './call-line.ts';

/** Prints one line per call. */
export interface CallScreen {
  /** Receives the access log of the APIs, in JSON. */
  readonly accessLog: (line: string) => void;
  readonly hop: (hop: Hop) => void;
}

/** Calls whose API has answered and whose edge has not. */
const maxCalls = 1_000;

/** The refusal of a call that did not come through the edge, so that no line of the edge follows. */
const notFromEdge = 'not-from-edge';

/**
 * A screen for a run. The line of a call is printed when the edge has answered it, with the decision from the access log
 * of the API behind it. The edge's own answers have a line, too: hits of the cache, refusals of the firewall.
 */
export function createCallScreen(print: (line: string) => void, style: LineStyle): CallScreen {
  const answered = new BoundedMap<Readonly<Record<string, string>>>(maxCalls);
  const show = (call: CallLine) => print(callLine(call, style));
  return {
    accessLog: (line) => {
      const fields = textsOf(line);
      if (fields === undefined) return;
      if (fields['reason'] === notFromEdge) show(ofAccessLog(fields));
      else answered.set(fields['requestId'] ?? '', fields);
    },
    hop: (hop) => {
      if (hop.name !== 'edge') return;
      const fields = answered.get(hop.requestId);
      answered.delete(hop.requestId);
      show(ofEdge(hop, fields));
    },
  };
}

function ofAccessLog(fields: Readonly<Record<string, string>>): CallLine {
  const isPartner = fields['api'] === 'partner';
  return {
    timeMs: Number(fields['timeEpochMs']),
    method: fields['method'] ?? '-',
    path: fields['path'] ?? '-',
    status: fields['status'] ?? '-',
    decision: isPartner
      ? partnerDecision(fields)
      : (known(fields['reason']) ?? known(fields['decision']) ?? '-'),
    milliseconds: fields['latencyMs'] ?? '-',
    service: isPartner ? 'partner' : (fields['service'] ?? '-'),
  };
}

/** API Gateway decides on partners itself, and writes a type only for errors: `INVALID_API_KEY`. */
function partnerDecision(fields: Readonly<Record<string, string>>): string {
  return known(fields['errorType'])?.toLowerCase().replaceAll('_', ' ') ?? 'ok';
}

/** A variable without a value is written as `-`. */
function known(text: string | undefined): string | undefined {
  return text === '-' ? undefined : text;
}

function ofEdge(
  { startedMs, endedMs, fields }: Hop,
  access: Readonly<Record<string, string>> | undefined,
): CallLine {
  const status = Number(fields['status']);
  const decided = access === undefined ? undefined : ofAccessLog(access);
  return {
    timeMs: startedMs,
    method: String(fields['method']),
    path: String(fields['path']),
    status: status === 0 ? '-' : String(status),
    decision: decided?.decision ?? edgeDecisions[String(fields['result'])] ?? '-',
    milliseconds: String(Math.round(endedMs - startedMs)),
    service: decided?.service ?? 'edge',
  };
}

/** What the edge did with a call that has no line in the access log, by the result of its hop. */
const edgeDecisions: Readonly<Record<string, string>> = {
  Hit: 'cache hit',
  RefreshHit: 'cache refreshed',
  Miss: 'passed on',
  Error: 'origin error',
  edge: 'edge error',
  WAF: 'firewall',
  FunctionGeneratedResponse: 'edge function',
  FunctionExecutionError: 'function error',
  FunctionValidationError: 'function error',
  ClientCommError: 'client left',
};

function textsOf(json: string): Readonly<Record<string, string>> | undefined {
  const fields = parseRecord(json);
  if (fields === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
