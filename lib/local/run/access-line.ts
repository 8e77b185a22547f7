import { isRecord } from '../engine/intrinsics.ts';

/** Formats an access log line (JSON) for the terminal: time in UTC, method, path, status, decision, milliseconds, service. */
export function accessLine(json: string): string {
  const fields = parsed(json);
  if (fields === undefined) return json;
  // Values from clients stay escaped, because a terminal interprets control characters.
  const text = (name: string) =>
    JSON.stringify(typeof fields[name] === 'string' ? fields[name] : '-').slice(1, -1);
  const epoch = Number(fields['timeEpochMs']);
  const time = Number.isSafeInteger(epoch) ? new Date(epoch).toISOString().slice(11, 19) : '--:--:--';
  const decision = text('reason') === '-' ? text('decision') : `${text('decision')}/${text('reason')}`;
  return `${time} ${text('method')} ${text('path')} ${text('status')} ${decision} ${text('latencyMs')} ms ${text('service')}`;
}

function parsed(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const fields: unknown = JSON.parse(json);
    return isRecord(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}
