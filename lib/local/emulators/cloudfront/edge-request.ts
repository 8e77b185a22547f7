import type { HeaderFields } from '../../http/header-fields.ts';

/** A viewer's request as the edge works on it; a viewer-request function may change all but the last three. */
export interface EdgeRequest {
  readonly method: string;
  /** As sent, percent-encoded. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly headers: HeaderFields;
  readonly viewerAddress: string;
  /** `X-Amz-Cf-Id`. */
  readonly requestId: string;
  /** Length of the body; of a longer one than a firewall inspects, at least one byte more. @default 0 */
  readonly bodyBytes?: number;
}
