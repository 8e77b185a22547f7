import { expect, test } from 'vitest';
import { HeaderFields } from '../../http/header-fields.ts';
import { notModified } from './conditional-requests.ts';

const answer = (headers: Record<string, string>) => ({
  status: 200,
  headers: HeaderFields.of(headers),
  body: null,
});
const modified = 'Thu, 01 Jan 2026 00:00:00 GMT';

test.each([
  ['the same tag', { 'if-none-match': '"a"' }, { etag: '"a"' }, true],
  ['a weak twin', { 'if-none-match': '"b", "a"' }, { etag: 'W/"a"' }, true],
  ['any tag', { 'if-none-match': '*' }, { etag: '"a"' }, true],
  ['another tag', { 'if-none-match': '"b"' }, { etag: '"a"' }, false],
  ['no tag to compare', { 'if-none-match': '"b"' }, {}, false],
  [
    'a tag before a date',
    { 'if-none-match': '"b"', 'if-modified-since': modified },
    { etag: '"a"', 'last-modified': modified },
    false,
  ],
  ['the same date', { 'if-modified-since': modified }, { 'last-modified': modified }, true],
  [
    'an older date',
    { 'if-modified-since': 'Wed, 31 Dec 2025 00:00:00 GMT' },
    { 'last-modified': modified },
    false,
  ],
  ['no condition', {}, { etag: '"a"', 'last-modified': modified }, false],
])('%s', (_, request, headers, expected) => {
  expect(
    notModified(
      HeaderFields.of(request as Record<string, string>),
      answer(headers as Record<string, string>),
    ),
  ).toBe(expected);
});
