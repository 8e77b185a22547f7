import * as z from 'zod';
import { readQuery } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';

const gramsError = 'Give the weight in grams, from 1 to 31500.';

const ratesQuery = z.strictObject({
  country: z
    .string({ error: 'Give the country of the delivery.' })
    .regex(/^[A-Z]{2}$/, 'Give two letters (ISO 3166), such as DE.'),
  /** Grams. The heaviest parcel has 31.5 kg. */
  weight: z.coerce.number({ error: gramsError }).int(gramsError).min(1, gramsError).max(31_500, gramsError),
});

interface Zone {
  readonly countries: ReadonlySet<string>;
  /** Cents for the parcel, and for each started kilogram. */
  readonly base: number;
  readonly perKilogram: number;
  readonly days: readonly [number, number];
}

const zones: readonly Zone[] = [
  { countries: new Set(['IE', 'GB']), base: 490, perKilogram: 60, days: [1, 2] },
  {
    countries: new Set(['AT', 'BE', 'DE', 'DK', 'ES', 'FI', 'FR', 'IT', 'LU', 'NL', 'PL', 'PT', 'SE']),
    base: 890,
    perKilogram: 120,
    days: [2, 4],
  },
  { countries: new Set(['CH', 'NO', 'US', 'CA', 'JP']), base: 1_990, perKilogram: 480, days: [4, 8] },
];

/**
 * A stand-in for the parcel carrier, a third party's API. It knows none of the gateway's identities and requires no
 * authentication.
 */
export function carrierRoutes(app: ServiceApp): void {
  app.get(
    '/api/shipping/rates',
    describeOperation({ summary: 'Shipping rates of a parcel.', query: ratesQuery }),
    (c) => {
      const query = readQuery(c, ratesQuery);
      if (query.kind === 'invalid') return query.answer;
      const { country, weight } = query.value;
      const zone = zones.find(({ countries }) => countries.has(country));
      if (zone === undefined) return problem(c, 404, `The carrier does not deliver to ${country}.`);
      const standard = zone.base + zone.perKilogram * Math.ceil(weight / 1_000);
      const [soonest, latest] = zone.days;
      return representation(c, {
        country,
        weightGrams: weight,
        rates: [
          {
            service: 'standard',
            price: { amount: standard, currency: 'EUR' },
            days: { min: soonest, max: latest },
          },
          {
            service: 'express',
            price: { amount: standard * 2, currency: 'EUR' },
            days: { min: 1, max: soonest },
          },
        ],
      });
    },
  );
}
