import { expect, test } from 'vitest';
import { originHeaderValues, withOriginHeaderValue } from './distribution-config.ts';

const header = 'x-gw-origin-secret';
const origins = (...values: string[]) =>
  `<?xml version="1.0"?><DistributionConfig><Origins>${values
    .map(
      (value) =>
        `<Origin><CustomHeaders><Items><OriginCustomHeader><HeaderName>${header}</HeaderName>` +
        `<HeaderValue>${value}</HeaderValue></OriginCustomHeader></Items></CustomHeaders></Origin>`,
    )
    .join('')}</Origins><NewerThanThis>kept &amp; whole</NewerThanThis></DistributionConfig>`;

test('keeps everything in a configuration but the values of that header', () => {
  const xml = origins('one', 'two').replace(
    '</Origins>',
    '<HeaderName>x-other</HeaderName><HeaderValue>o</HeaderValue></Origins>',
  );
  expect(originHeaderValues(xml, header).values).toEqual(['one', 'two']);
  const changed = withOriginHeaderValue(xml, header.toUpperCase(), 'three');
  expect(changed).toBe(xml.replace('>one<', '>three<').replace('>two<', '>three<'));
});
