import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CallLine, callLine } from './call-line.ts';

const plain = { columns: 80, colour: false };
const call: CallLine = {
  timeMs: Date.parse('2026-12-01T09:05:03.123Z'),
  method: 'GET',
  path: '/api/orders',
  status: '200',
  decision: 'ok',
  milliseconds: '31',
  service: 'order',
};

const anyCall: fc.Arbitrary<CallLine> = fc.record({
  timeMs: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constant(Number.NaN)),
  method: fc.string({ unit: 'binary' }),
  path: fc.string({ unit: 'binary', maxLength: 300 }),
  status: fc.string({ unit: 'binary' }),
  decision: fc.string({ unit: 'binary' }),
  milliseconds: fc.oneof(fc.nat().map(String), fc.string({ unit: 'binary' })),
  service: fc.string({ unit: 'binary' }),
});

describe('the line of a call', () => {
  test('has the fields in columns', () => {
    expect(callLine(call, plain)).toBe(
      '09:05:03 GET     /api/orders             200 ok                 31 ms order',
    );
  });

  test('keeps both ends of a long path', () => {
    const line = callLine({ ...call, path: `/api/products/${'x'.repeat(50)}/reviews` }, plain);
    expect(line).toContain(' /api/produc~xxx/reviews 200 ');
  });

  test('fits the terminal and holds no control character, whatever a client sends', () => {
    fc.assert(
      fc.property(anyCall, fc.integer({ min: 80, max: 250 }), (any, columns) => {
        const line = callLine(any, { columns, colour: false });
        expect(line.length).toBeLessThanOrEqual(columns);
        expect(line).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  test.each([
    ['201', '\x1b[32m'],
    ['304', '\x1b[36m'],
    ['429', '\x1b[33m'],
    ['503', '\x1b[31m'],
    ['-', '\x1b[31m'],
  ])('shows %s in its colour, and nothing else', (status, colour) => {
    const line = callLine({ ...call, status }, { columns: 80, colour: true });
    expect(line).toContain(`${colour}${status.padStart(3)}\x1b[0m`);
    expect(line.split('\x1b')).toHaveLength(3);
  });
});
