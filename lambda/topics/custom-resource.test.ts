import { expect, test } from 'vitest';
import type { TopicDefinition } from './contract.ts';
import { createTopicsResource, type ResourceRequest } from './custom-resource.ts';

const request: ResourceRequest = {
  RequestType: 'Create',
  ResponseURL: 'https://answers.example/1?signature=x',
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Topics',
  ResourceProperties: { topics: { a: { partitions: '6', properties: { 'retention.ms': '1' } } } },
};

function serve(apply: (topics: Readonly<Record<string, TopicDefinition>>) => Promise<readonly string[]>) {
  const answers: { readonly url: string; readonly body: Readonly<Record<string, string>> }[] = [];
  const lines: string[] = [];
  const handle = createTopicsResource({
    apply,
    answer: async (url, body) => {
      answers.push({ url, body: JSON.parse(body) as Readonly<Record<string, string>> });
    },
    log: (line) => lines.push(line),
  });
  return { handle, answers, lines };
}

test('applies the topics, whose numbers are texts, and reports the changes', async () => {
  const applied: unknown[] = [];
  const { handle, answers, lines } = serve(async (topics) => {
    applied.push(topics);
    return ['made a with 6 partitions'];
  });
  await handle(request);
  await handle({ ...request, RequestType: 'Update', PhysicalResourceId: 'known' });
  expect(applied).toEqual([
    { a: { partitions: 6, properties: { 'retention.ms': '1' } } },
    { a: { partitions: 6, properties: { 'retention.ms': '1' } } },
  ]);
  expect(answers).toEqual([
    {
      url: request.ResponseURL,
      body: {
        Status: 'SUCCESS',
        Reason: 'made a with 6 partitions',
        PhysicalResourceId: 'Topics',
        StackId: 'stack',
        RequestId: 'request',
        LogicalResourceId: 'Topics',
      },
    },
    expect.objectContaining({ body: expect.objectContaining({ PhysicalResourceId: 'known' }) as unknown }),
  ]);
  expect(lines.join()).not.toContain('signature');
});

test('fails the deployment with the reason of an impossible change', async () => {
  const { handle, answers } = serve(() => Promise.reject(new Error('a cannot be lowered to 3')));
  await handle(request);
  expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: 'Error: a cannot be lowered to 3' });
});

test('keeps the topics on deletion', async () => {
  const { handle, answers } = serve(() => Promise.reject(new Error('not to be called')));
  await handle({ ...request, RequestType: 'Delete', PhysicalResourceId: 'Topics' });
  expect(answers[0]?.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Topics' });
});
