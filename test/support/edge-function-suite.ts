import { expect, test } from 'vitest';
import type { ViewerRequest } from '../../lib/features/edge/viewer-request/viewer-request.ts';
import { type EdgeCase, edgeFunctionCases } from './edge-function-cases.ts';
import type { EdgeEngine, EdgeResult } from './edge-function-engines.ts';
import { environmentNames, type Synthesised, synthesised } from './synth.ts';

/** The code of the viewer-request function in the template of an environment. */
export function edgeFunctionCode(name: (typeof environmentNames)[number]): string {
  const { Edge }: Synthesised['templates'] = synthesised(name).templates;
  const found = Object.values(Edge.Resources).find(({ Type }) => Type === 'AWS::CloudFront::Function');
  return String(found?.['Properties'].FunctionCode);
}

/** Adds a test for each environment, which runs all cases in one engine. */
export function testEdgeFunctions(engine: EdgeEngine): void {
  test.each(environmentNames)('the function of %s gives what the table of cases expects', (name) => {
    const results = engine(
      edgeFunctionCode(name),
      edgeFunctionCases.map(({ call }) => call),
    );
    const seen = edgeFunctionCases.map((edgeCase, index) => ({
      name: edgeCase.name,
      ...observed(edgeCase, results[index]),
    }));
    expect(seen).toEqual(
      edgeFunctionCases.map(({ name: title, expected }) => ({ name: title, ...expected })),
    );
  });
}

/** The parts of the result for which the case has an expectation. */
function observed({ call, expected }: EdgeCase, result: EdgeResult | undefined): object {
  if (result === undefined || !('uri' in result || 'statusCode' in result)) return { failure: result };
  const status = 'statusCode' in result ? result.statusCode : undefined;
  const headers = Object.fromEntries(Object.entries(result.headers).map(([key, { value }]) => [key, value]));
  const changed = 'uri' in result ? forbiddenChanges(call, result) : [];
  return {
    ...(changed.length === 0 ? {} : { changed }),
    ...(status === undefined ? {} : { status }),
    ...(expected.uri !== undefined && 'uri' in result ? { uri: result.uri } : {}),
    ...(expected.headers === undefined ? {} : { headers }),
    ...(expected.gatewayResponseHeaders === undefined ? {} : { gatewayResponseHeaders: headers }),
    ...(expected.detail !== undefined && 'body' in result
      ? { detail: detailOf(result.body.data, status) }
      : {}),
  };
}

/** Parts of the request other than headers that the function must not change, but changed. */
function forbiddenChanges({ method = 'GET' }: EdgeCase['call'], request: ViewerRequest): string[] {
  return [
    ...(request.method === method ? [] : ['method']),
    ...(JSON.stringify(request.querystring) === '{"q":{"value":"a%20b"}}' ? [] : ['querystring']),
    ...(JSON.stringify(request.cookies) === '{"session":{"value":"abc"}}' ? [] : ['cookies']),
  ];
}

const switchedOffType = (detail: unknown) =>
  String(detail).includes('down for maintenance') ? 'maintenance' : 'switched-off';

/** The detail of problem details whose status matches. */
function detailOf(text: string, status: number | undefined): unknown {
  const { detail, ...problem } = JSON.parse(text) as Record<string, unknown>;
  expect(problem).toMatchObject({
    type: status === 503 ? `urn:gatehouse:problem:${switchedOffType(detail)}` : 'about:blank',
    status,
  });
  return detail;
}
