import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changed, type Difference, differenceOf } from '../support/snapshots/difference.ts';
import { parsedYaml, templatesIn } from '../support/snapshots/read-snapshots.ts';
import { type SnapshotFiles, snapshotFiles } from '../support/snapshots/snapshot-files.ts';
import { type Json, type NodeMap, toJson, toNode } from '../support/snapshots/template-node.ts';
import { yamlText } from '../support/snapshots/yaml-text.ts';

// Strings with a special meaning in YAML, CloudFormation, JSON pointers or the snapshots.
const specialWords = [
  ...'Ref Fn::GetAtt Fn::Join Fn::GetStackOutput Fn::Base64 Fn::Json Fn::StatusCodes Fn::Ref'.split(' '),
  ...'200 201 202 404 200-201 Resources Type Name Id properties StackName Region OutputName'.split(' '),
  ...'__proto__ prod dev prodQueue0A1B2C3D devQueue4E5F6071 ~ / ~1/0 1:2 *a &a << null true no 0x1 1e3'.split(
    ' ',
  ),
  ...'a.b a/b a,b [ { {} [1] {"a":"b"} [" "] {"Ref":"a"} {"a":" "}'.split(' '),
  ...'|a: b|a #b|- a|!Ref a|a prod b|HTTP 200-201| |{"a": 1}|a\nb|a\n|\na| a\nb|a\n\n  b\n|a\n \nb|a\r\nb'.split(
    '|',
  ),
  ...'a\tb a\n\tb \u0085 \u2028 \ufeff \uE0000\uE001'.split(' '),
];
const words = fc.constantFrom(...specialWords);
const text = fc.oneof({ weight: 3, arbitrary: words }, fc.string({ unit: 'binary', maxLength: 12 }));

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    text,
    fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(text, tie('json'), { maxKeys: 4 }),
    tie('json').map((value) => JSON.stringify(value)),
    fc.array(fc.oneof(text, tie('json')), { maxLength: 4 }).map((parts) => ({ 'Fn::Join': ['', parts] })),
    tie('json').map((value) => joinedJson(value)),
  ),
}));

/** JSON text that contains an intrinsic function, as the CDK writes a dashboard. */
function joinedJson(value: Json): Json {
  const [before = '', ...after] = JSON.stringify({ first: 'MARK', value, last: 'an MARK id' }).split('MARK');
  const parts = after.flatMap((part) => [{ Ref: 'Queue' }, part]);
  return { 'Fn::Join': ['', [before, ...parts]] };
}

const toDocument = (difference: Difference) => difference as unknown as NodeMap;

/** JSON as JSON.parse returns it, without negative zeros. */
const parsed = json.map((value) => JSON.parse(JSON.stringify(value)) as Json);

const options = { numRuns: 500 };

describe('the YAML of a template', () => {
  test('is read back as the same JSON', () => {
    fc.assert(
      fc.property(parsed, (value) => {
        const read = toJson(parsedYaml(yamlText({ value: toNode(value) })));
        expect(read).toStrictEqual({ value });
      }),
      options,
    );
  });

  test('is read back as the other template from a difference', () => {
    fc.assert(
      fc.property(parsed, parsed, (from, to) => {
        const [before, after] = [toNode(from), toNode(to)];
        const difference = parsedYaml(yamlText(toDocument(differenceOf(before, after))));
        expect(toJson(changed(before, difference as Difference))).toStrictEqual(to);
      }),
      options,
    );
  });

  test('is read back as a changed list from a difference', () => {
    const lists = fc.array(fc.oneof(parsed, fc.constantFrom(1, 2, 3), named()), { maxLength: 8 });
    fc.assert(
      fc.property(lists, lists, fc.nat(8), (items, others, at) => {
        const [before, after] = [
          toNode(items),
          toNode([...items.slice(at), ...others, ...items.slice(0, at)]),
        ];
        expect(toJson(changed(before, differenceOf(before, after)))).toStrictEqual(toJson(after));
      }),
      options,
    );
  });

  test('is read back as the templates of each environment', () => {
    const resource = fc
      .dictionary(text, parsed, { maxKeys: 4 })
      .map((Properties) => ({ Type: 'A', Properties }));
    const ids = fc.constantFrom(
      'Ref',
      '200',
      '201',
      'Queue',
      'prodQueue0A1B2C3D',
      'devQueue4E5F6071',
      'devQueue00000000',
    );
    const resources = fc.dictionary(ids, resource, { maxKeys: 4 }).map((Resources) => ({ Resources }));
    fc.assert(
      fc.property(resources, resources, (whole, other) => {
        const templates = new Map([
          ['prod', { Stack: whole }],
          ['dev', { Stack: other }],
        ]);
        const files = snapshotFiles(templates);
        expect(readFrom(files, 'prod')).toEqual(whole);
        expect(readFrom(files, 'dev')).toEqual(other);
      }),
      { numRuns: 150 },
    );
  });
});

function readFrom(files: SnapshotFiles, environment: string): Json {
  return toJson(templatesIn(files).get(environment)?.['stack'] ?? null);
}

function named(): fc.Arbitrary<Json> {
  return fc.record({ Name: fc.constantFrom('a', 'b', 'c'), Value: parsed });
}

describe('a file for reviewers', () => {
  test('shows status codes with equal mappings as one class', () => {
    const responses = { 200: { a: 1 }, 201: { a: 1 }, 204: { a: 1 }, 404: { a: 2 } };
    expect(yamlText({ responses: toNode(responses) })).toBe(
      'responses: !StatusCodes {HTTP 200-201 204: {a: 1}, HTTP 404: {a: 2}}\n',
    );
  });

  test('shows JSON text as values', () => {
    expect(yamlText({ body: toNode(joinedJson([1])) })).toBe(
      'body: !Json {first: !Ref Queue, value: [1], last: !Join ["", ["an ", !Ref Queue, " id"]]}\n',
    );
  });

  test('shows a change in all environments once', () => {
    const filesOf = (MaxCapacity: number) => {
      const inAll = { Type: 'AWS::ApplicationAutoScaling::ScalableTarget', Properties: { MaxCapacity } };
      const Name = (environment: string) => ({
        Type: 'AWS::SQS::Queue',
        Properties: { Name: `shop-${environment}` },
      });
      const inProd = { Resources: { inAll, Queue: Name('prod') } };
      const inDev = { Resources: { inAll, Queue: Name('dev'), Second: Name('prod') } };
      return snapshotFiles(
        new Map([
          ['prod', { Stack: inProd }],
          ['dev', { Stack: inDev }],
        ]),
      );
    };
    const [before, after] = [filesOf(1), filesOf(2)];
    const differing = [...after].filter(([path, content]) => content !== before.get(path));
    expect(differing.map(([path]) => path)).toEqual(['prod/stack.yaml']);
    expect(after.get('dev/stack.yaml')).toContain('/Resources/Second: {dev: ');
  });

  test('is split if it has over 1,500 lines', () => {
    const Resources = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [
        `Queue${index}`,
        { Type: 'AWS::SQS::Queue', Properties: { index } },
      ]),
    );
    const files = snapshotFiles(new Map([['prod', { Stack: { Resources } }]]));
    expect([...files.keys()]).toEqual(['SUMMARY.md', 'prod/stack.yaml']);
    const long = {
      ...Resources,
      Long: { lines: Array.from({ length: 1_200 }, (_, index) => `line ${index}`) },
    };
    const parts = snapshotFiles(new Map([['prod', { Stack: { Resources: long } }]]));
    expect([...parts.keys()]).toEqual(['SUMMARY.md', 'prod/stack.yaml', 'prod/stack.2.yaml']);
    expect([...parts.values()].every((part) => part.split('\n').length <= 1_501)).toBe(true);
    expect(readFrom(parts, 'prod')).toEqual({ Resources: long });
  });
});
