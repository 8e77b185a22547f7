import { describe, expect, test } from 'vitest';
import { HeaderFields } from './header-fields.ts';

describe('HeaderFields', () => {
  test('keeps repeated fields separate and in order, with names in lower case', () => {
    const fields = HeaderFields.fromRaw(['Accept', 'a', 'X-One', '1', 'ACCEPT', 'b']);
    expect(fields.toRaw()).toEqual(['accept', 'a', 'x-one', '1', 'accept', 'b']);
    expect(fields.get('Accept')).toBe('a, b');
    expect(fields.names()).toEqual(['accept', 'x-one']);
  });

  test('replaces every line of a name when it is set', () => {
    const fields = HeaderFields.fromRaw(['x', '1', 'y', '2', 'X', '3']);
    fields.set('x', '4');
    expect(fields.toRaw()).toEqual(['y', '2', 'x', '4']);
  });

  test('removes hop-by-hop fields and those that Connection names', () => {
    const fields = HeaderFields.of({
      Connection: 'close, X-Hop',
      'X-Hop': '1',
      'Keep-Alive': 'timeout=5',
      TE: 'trailers',
      Upgrade: 'h2c',
      Expect: '100-continue',
      'X-End': '2',
    });
    fields.deleteHopByHop();
    expect(fields.toRaw()).toEqual(['x-end', '2']);
  });
});
