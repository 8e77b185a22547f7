/** `version-trace id-parent id-flags` (W3C Trace Context section 3.2), of the only version. */
const traceParent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
/** An X-Ray id, which begins with its time. */
const amazonRoot = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/;
/** The length that a receiver must accept at least (W3C Trace Context section 3.3.1.5). */
const maxStateCharacters = 512;

/**
 * The caller's trace context to forward: the ids, so that logs can be joined, but not the sampling flag. A
 * component that records spans decides about sampling itself.
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
