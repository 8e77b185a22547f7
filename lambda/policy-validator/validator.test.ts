import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createValidator } from './validator.ts';

const validate = createValidator({
  plans: ['free'],
  canaryServices: ['order'],
  routes: ['GET /api/orders'],
  limits: ['user'],
});
const eventOf = (document: string) => ({
  applicationId: 'a1b2c3d',
  configurationProfileId: 'e4f5g6h',
  configurationVersion: '3',
  content: Buffer.from(document).toString('base64'),
  uri: 'hosted',
});
const documentOf = (part: object) => JSON.stringify({ schema: 1, version: 'a', ...part });

test.each([
  ['that changes nothing', {}],
  [
    'with existing names',
    { shadow: ['user'], clients: { é: undefined, web: { plan: 'free', reason: 'Für é' } } },
  ],
])('accepts a document %s', async (_, part) => {
  await expect(validate(eventOf(documentOf(part)))).resolves.toBeUndefined();
});

test.each([
  ['is not JSON', '{', /^The runtime policy is not valid\.\ndocument: is not JSON/],
  ['has a fault', documentOf({ shadow: [1] }), /\nshadow\[0\]: is of the wrong type\. Write a name/],
  [
    'has an unknown name',
    documentOf({ shadow: ['users'] }),
    /\nshadow\[0\]: names the limit "users", which does not exist\. Use one of: user\.$/,
  ],
])('refuses a document that %s, and tells AppConfig why', async (_, document, message) => {
  await expect(validate(eventOf(document))).rejects.toThrow(message);
});

test('accepts no arbitrary event', async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything(), async (event) => {
      await expect(validate(event)).rejects.toThrow('The runtime policy is not valid.');
    }),
  );
});
