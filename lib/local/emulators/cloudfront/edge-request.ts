import type { HeaderFields } from '../../http/header-fields.ts';

/** A request at the edge. A viewer-request function may change all fields but the last three. */
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
  /** Length of the body, up to one byte more than the web ACL inspects. @default 0 */
  readonly bodyBytes?: number;
}
