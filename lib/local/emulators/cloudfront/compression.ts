import { pipeline, Readable } from 'node:stream';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import type { HttpResponse } from '../../http/exchange.ts';

export type Encoding = 'br' | 'gzip';

/** The encodings that the cache policy enables and the viewer accepts; Brotli first, as CloudFront prefers it. */
export function acceptedEncodings(
  acceptEncoding: string | undefined,
  enabled: { readonly brotli: boolean; readonly gzip: boolean },
): Encoding[] {
  const accepted = new Set(
    (acceptEncoding ?? '')
      .toLowerCase()
      .split(',')
      .map((part) => part.trim())
      .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
      .map((part) => part.split(';', 1)[0]?.trim()),
  );
  return [
    ...(enabled.brotli && accepted.has('br') ? (['br'] as const) : []),
    ...(enabled.gzip && accepted.has('gzip') ? (['gzip'] as const) : []),
  ];
}

/** "File types that CloudFront compresses" (CloudFront guide). */
const compressedTypes = new Set(
  [
    'dash+xml eot font font-sfnt javascript json opentype otf pdf pkcs7-mime protobuf rss+xml truetype ttf',
    'vnd.apple.mpegurl vnd.mapbox-vector-tile vnd.ms-fontobject wasm xhtml+xml xml x-font-opentype x-font-truetype',
    'x-font-ttf x-httpd-cgi x-javascript x-mpegurl x-opentype x-otf x-perl x-ttf',
  ]
    .join(' ')
    .split(' ')
    .map((type) => `application/${type}`)
    .concat(['eot', 'opentype', 'otf', 'ttf'].map((type) => `font/${type}`))
    .concat('image/svg+xml')
    .concat(
      'css csv html javascript js plain richtext tab-separated-values xml x-component x-java-source x-script vtt'
        .split(' ')
        .map((type) => `text/${type}`),
    ),
);

/** The sizes of responses that CloudFront compresses, in bytes. */
const minBytes = 1_000;
const maxBytes = 10_000_000;

/** Quality 4 compresses about as well as the best gzip level and is much faster than the default. */
const brotliQuality = 4;

/** Compresses a response, as a stream, when CloudFront would; otherwise returns it unchanged. */
export function compressed(answer: HttpResponse, encoding: Encoding | undefined): HttpResponse {
  const { headers, body } = answer;
  if (encoding === undefined || body === null || !isCompressible(answer)) return answer;
  const compressor =
    encoding === 'br'
      ? createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } })
      : createGzip();
  // An error of the source ends the compressed stream with an error as well, so its reader gets the error.
  pipeline(Buffer.isBuffer(body) ? Readable.from([body]) : body, compressor, () => undefined);
  const after = headers.copy();
  after.delete('content-length');
  after.set('content-encoding', encoding);
  const vary = headers.get('vary');
  if (!/\baccept-encoding\b/i.test(vary ?? '')) {
    after.set('vary', vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`);
  }
  const etag = headers.get('etag');
  if (etag?.startsWith('"')) after.set('etag', `W/${etag}`);
  else if (etag !== undefined && !etag.startsWith('W/')) after.delete('etag');
  return { status: answer.status, headers: after, body: compressor };
}

function isCompressible({ status, headers }: HttpResponse): boolean {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return (
    (status === 200 || status === 403 || status === 404) &&
    !headers.has('content-encoding') &&
    length >= minBytes &&
    length <= maxBytes &&
    compressedTypes.has(type)
  );
}
