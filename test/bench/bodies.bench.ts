import { createApp } from '../../services/platform/http/app.ts';
import { noTracing } from '../../services/platform/tracing/tracing.ts';
import type { UserStore } from '../../services/user/user.ts';
import { userRoutes } from '../../services/user/user-routes.ts';

const members = (count: number, value: string) =>
  `{${Array.from({ length: count }, (_, at) => `"k${at}":${value}`).join(',')}}`;

/** Bodies that are expensive to parse, up to the allowed size and far larger. */
const bodies: Readonly<Record<string, string>> = {
  'unknown members, up to the bound of values': members(1_999, '"yyyyyyyyyyyyyyyyyyyy"'),
  'unknown members, 64 KiB': members(6_000, '1'),
  'brackets, 64 KiB': '['.repeat(65_536),
  'one text, 64 KiB': JSON.stringify({ displayName: 'x'.repeat(65_000) }),
  '700,000 unknown members': members(700_000, '1'),
  '4.9 million brackets': '['.repeat(4_900_000),
};

const repetitions = 25;

/** Measures the CPU time for which one body blocks a service's event loop. No body may block it for over 50 ms. */
export async function run(print: (text: string) => void): Promise<void> {
  const noUsers: UserStore = {
    get: async () => null,
    change: async (_, change) => change(null).result,
    cart: async () => [],
    wishList: async () => [],
  };
  const app = createApp(
    {
      service: 'user',
      log: () => {},
      tracing: noTracing,
      monotonicMs: () => 0,
      onAnswered: () => {},
      isStopping: () => false,
      checks: {},
    },
    userRoutes(noUsers),
  );
  print('Bodies of PUT /api/users/{id}: CPU time of a whole call, of the test client included');
  for (const [name, body] of Object.entries(bodies)) {
    const took: number[] = [];
    let status = 0;
    for (let at = 0; at < repetitions; at += 1) {
      const before = process.cpuUsage();
      const headers = {
        'x-user-id': 'alice',
        'content-type': 'application/json',
        'content-length': String(body.length),
      };
      ({ status } = await app.request('/api/users/alice', { method: 'PUT', headers, body }));
      const { user, system } = process.cpuUsage(before);
      took.push((user + system) / 1_000);
    }
    const sorted = took.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(repetitions / 2)] ?? 0;
    print(`  ${name}: ${status}, median ${median.toFixed(1)} ms, most ${(sorted.at(-1) ?? 0).toFixed(1)} ms`);
  }
}
