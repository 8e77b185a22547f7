/** Sends a request: `fetch`, or an app's own way to answer. */
export type Send = (request: Request) => Response | Promise<Response>;

/** What became of a request that was served. */
export interface Served {
  readonly status: number;
  /** The pattern that the path fits, such as `/api/orders/:id`; null for what is no resource. */
  readonly route: string | null;
}

/** Tells of the work of a service as spans of the traces that it belongs to. */
export interface Tracing {
  /** Of the work in hand: 32 hexadecimal digits; undefined outside any trace. */
  readonly traceId: () => string | undefined;
  /** Serves a request within a span, in the trace that its headers name or in a new one. */
  readonly serve: (
    request: Request,
    attributes: Readonly<Record<string, string>>,
    answer: () => Promise<Served>,
  ) => Promise<void>;
  /** The same way to send, but each request within a span, and with the header that its receiver goes on from. */
  readonly traced: (service: string, send: Send) => Send;
  /** Sends what is not sent yet; settles when that is done, or cannot be. */
  readonly stop: () => Promise<void>;
}

/** For where nobody collects. */
export const noTracing: Tracing = {
  traceId: () => undefined,
  serve: async (_request, _attributes, answer) => {
    await answer();
  },
  traced: (_service, send) => send,
  stop: async () => {},
};
