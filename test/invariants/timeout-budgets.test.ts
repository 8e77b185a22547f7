import { describe, expect, test } from 'vitest';
import { compileCompositions } from '../../lib/compile/compositions.ts';
import { loadConfiguration } from '../../lib/config/index.ts';
import { paymentTimeoutMs } from '../../services/order/order-role.ts';
import { leaseSeconds } from '../../services/order/order-store.ts';
import { providerCalls, providerTimeoutMs } from '../../services/payment/stripe-provider.ts';
import { callTimeoutMs } from '../../services/platform/http/service-client.ts';
import { limitStoreBudgetMilliseconds } from '../../services/platform/limit-store/open-limit-store.ts';

const configuration = loadConfiguration('prod');
const { catalogue } = configuration;
const routes = Object.entries(catalogue.routes);
const compiled = Object.entries(compileCompositions(configuration).routes);

/** A caller with its timeout, and the inner call it waits for. The names are for the failure message. */
interface Wait {
  readonly outer: string;
  readonly outerMs: number;
  readonly inner: string;
  readonly innerMs: number;
}

// Services that read the limit store, and services that call others before they answer.
const limitStoreServices = ['inventory'];
const callingServices = ['order'];

const waits: readonly Wait[] = [
  // A call reads the tables after the limit store has timed out.
  {
    outer: 'call between services',
    outerMs: callTimeoutMs,
    inner: 'limit store',
    innerMs: 2 * limitStoreBudgetMilliseconds,
  },
  {
    outer: 'call of the payment service',
    outerMs: paymentTimeoutMs,
    inner: 'calls of the provider',
    innerMs: providerCalls * providerTimeoutMs,
  },
  {
    outer: 'lease of an order',
    outerMs: leaseSeconds * 1_000,
    inner: 'calls of one step: two to payment and one to inventory',
    innerMs: 2 * paymentTimeoutMs + callTimeoutMs,
  },
  ...routes.flatMap(([key, route]): Wait[] => {
    const outer = { outer: `route ${key}`, outerMs: route.timeoutSeconds * 1_000 };
    return [
      { outer: 'the HTTP API', outerMs: 30_000, inner: outer.outer, innerMs: outer.outerMs },
      { ...outer, inner: 'limit store', innerMs: limitStoreBudgetMilliseconds },
      ...(callingServices.includes(route.service ?? '')
        ? [{ ...outer, inner: 'call between services', innerMs: callTimeoutMs }]
        : []),
      ...(route.service === 'payment'
        ? [{ ...outer, inner: 'call of the provider', innerMs: providerTimeoutMs }]
        : []),
    ];
  }),
  ...compiled.flatMap(([key, composition]): Wait[] => {
    const outer = { outer: `composition of ${key}`, outerMs: composition.timeoutSeconds * 1_000 };
    const route = catalogue.routes[key.split(' ').slice(0, 2).join(' ')];
    const within: Wait[] =
      route === undefined
        ? []
        : [
            {
              outer: `route ${key}`,
              outerMs: route.timeoutSeconds * 1_000,
              inner: outer.outer,
              innerMs: outer.outerMs,
            },
          ];
    if (!('parts' in composition)) return within;
    const parts = Object.entries(composition.parts).flatMap(([name, part]): Wait[] => {
      const partMs = part.timeoutSeconds * 1_000;
      return [
        { ...outer, inner: `part ${name}`, innerMs: partMs },
        ...(limitStoreServices.includes(part.service)
          ? [
              {
                outer: `part ${name} of ${key}`,
                outerMs: partMs,
                inner: 'limit store',
                innerMs: 2 * limitStoreBudgetMilliseconds,
              },
            ]
          : []),
      ];
    });
    return [...within, ...parts];
  }),
];

describe('budgets', () => {
  test('are shorter for the inner call than for its caller', () => {
    const faults = waits
      .filter(({ innerMs, outerMs }) => innerMs >= outerMs)
      .map(
        ({ outer, outerMs, inner, innerMs }) => `${inner} has ${innerMs} ms, ${outer} waits ${outerMs} ms`,
      );
    expect(faults).toEqual([]);
  });

  test('are compared for all parts, routes and compositions of the catalogue', () => {
    expect(waits.filter(({ outer }) => outer.startsWith('part ')).length).toBeGreaterThan(0);
    expect(waits.filter(({ outer }) => outer.startsWith('route ')).length).toBeGreaterThanOrEqual(
      routes.length,
    );
    expect(waits.filter(({ outer }) => outer.startsWith('composition ')).length).toBeGreaterThan(5);
  });
});
