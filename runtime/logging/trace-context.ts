/** `version-trace id-parent id-flags` (W3C Trace Context section 3.2), of the only version there is. */
const traceParent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
/** Of X-Ray: an id that begins with its time. */
const amazonRoot = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/;
/** What a receiver has to keep at least (W3C Trace Context section 3.3.1.5). */
const maxStateCharacters = 512;

/**
 * The trace that a caller says it is in, as it goes on: its ids, so that logs can be joined, and never its wish to be
 * sampled. Whoever records spans decides that by itself.
 *
 * @param headers by lower-case name.
 */
export function incomingTrace(headers: Readonly<Record<string, string>>): Record<string, string> {
  const carried: Record<string, string> = {};
  const [, traceId = '', parentId = ''] = traceParent.exec(headers['traceparent'] ?? '') ?? [];
  if (/[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(parentId)) {
    carried['traceparent'] = `00-${traceId}-${parentId}-00`;
    const state = headers['tracestate'];
    if (state !== undefined && state.length <= maxStateCharacters) carried['tracestate'] = state;
  }
  const root = amazonRoot.exec(headers['x-amzn-trace-id'] ?? '')?.[1];
  if (root !== undefined) carried['x-amzn-trace-id'] = `Root=${root}`;
  return carried;
}
