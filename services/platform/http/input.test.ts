import { expect, test } from 'vitest';
import * as z from 'zod';
import { noTracing } from '../tracing/tracing.ts';
import { createApp } from './app.ts';
import { readBody } from './input.ts';
import { line, prose } from './text-rules.ts';

const body = z.strictObject({
  title: line({ error: 'Give a title.', max: 50 }),
  text: prose({ error: 'Give a text.', max: 500 }).optional(),
});

async function post(
  sent: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const app = createApp(
    {
      service: 'x',
      log: () => {},
      tracing: noTracing,
      monotonicMs: () => 0,
      onAnswered: () => {},
      isStopping: () => false,
      checks: {},
    },
    (routes) => {
      routes.post('/', async (c) => {
        const read = await readBody(c, body);
        return read.kind === 'valid' ? c.json(read.value) : read.answer;
      });
    },
  );
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: sent };
  return await app.request('/', init);
}

const pointersOf = async (answer: Response) =>
  ((await answer.json()) as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer);

test.each([
  'application/json',
  'Application/JSON; charset=UTF-8',
  'application/json;charset="utf-8"',
  'application/merge-patch+json',
])('accepts a body of type %s', async (type) => {
  expect((await post('{"title":"a"}', { 'content-type': type })).status).toBe(200);
});

test.each([
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'application/jsonx' },
  { 'content-encoding': 'gzip' },
])('refuses a body with %j with 415', async (headers) => {
  expect((await post('{"title":"a"}', headers)).status).toBe(415);
});

test.each([
  ['nothing', ''],
  ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
  ['too deep a nesting', '['.repeat(40) + ']'.repeat(40)],
  ['an incomplete number', '{"title":1e}'],
])('refuses %s with 400', async (_, sent) => {
  expect((await post(sent)).status).toBe(400);
});

test.each([
  ['{"title":"a\\u0000"}', ['/title']],
  ['{"title":"\\ud800"}', ['/title']],
  ['{"title":"a\\nb"}', ['/title']],
  ['{"title":"a","text":"\\u0007"}', ['/text']],
  ['{"title":"a","te\\u0000xt":"a"}', ['/te\0xt']],
  ['{"title":1e400}', ['/title']],
])('refuses %s with 422 and the pointer of the member', async (sent, pointers) => {
  const answer = await post(sent);
  expect(answer.status).toBe(422);
  expect(await pointersOf(answer)).toEqual(pointers);
});

test('accepts line breaks in prose', async () => {
  const sent = { title: 'a', text: 'one\r\n\ttwo' };
  expect(await (await post(JSON.stringify(sent))).json()).toEqual(sent);
});

test('lists at most 20 faults', async () => {
  const unknown = Object.fromEntries(Array.from({ length: 1_500 }, (_, at) => [`k${at}`, at]));
  expect(await pointersOf(await post(JSON.stringify({ title: 'a', ...unknown })))).toHaveLength(20);
});
