/** Sends a request: `fetch`, or the `fetch` method of an app. */
export type Send = (request: Request) => Response | Promise<Response>;

/** The result of a request that was served. */
export interface Served {
  readonly status: number;
  /** The pattern of the matched route, such as `/api/orders/:id`; null if no route matches. */
  readonly route: string | null;
}

/** Records the requests and calls of a service as spans. */
export interface Tracing {
  /** The id of the current trace: 32 hexadecimal digits; undefined outside a trace. */
  readonly traceId: () => string | undefined;
  /** Serves a request within a span, in the trace of its headers or in a new one. */
  readonly serve: (
    request: Request,
    attributes: Readonly<Record<string, string>>,
    answer: () => Promise<Served>,
  ) => Promise<void>;
  /** Wraps `send`: each request gets a span, and the header that continues the trace in the receiver. */
  readonly traced: (service: string, send: Send) => Send;
  /** Exports the remaining spans. Settles when they are exported or have failed. */
  readonly stop: () => Promise<void>;
}

/** Records nothing, for services without a collector. */
export const noTracing: Tracing = {
  traceId: () => undefined,
  serve: async (_request, _attributes, answer) => {
    await answer();
  },
  traced: (_service, send) => send,
  stop: async () => {},
};
