import type { HeaderFields } from '../http/header-fields.ts';

/** A viewer's request as the edge works on it; a viewer-request function may change all but the last two. */
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
}
