import { z } from 'zod';
import { type EdgeOperations, edgeParameterName } from '../edge-settings.ts';
import { type Operations, operationsParameterName } from '../operations.ts';
import type { Deployment } from './assembly.ts';
import { readResources, resourceType } from './emulation/resource-type.ts';
import { Findings } from './emulation/unsupported.ts';

const parameterType = resourceType({
  type: 'AWS::SSM::Parameter',
  emulated: { Name: z.string().optional(), Value: z.string() },
  ignored: { Description: 'words', Type: 'a text is a text', Tags: 'labels' },
});

/** What the templates tell the operators' commands of the environment. */
export function readOperations(deployment: Deployment, environment: string): Operations {
  return readParameter(deployment, operationsParameterName(environment)) as Operations;
}

/** What they tell of its edge. */
export function readEdgeOperations(deployment: Deployment, environment: string): EdgeOperations {
  return readParameter(deployment, edgeParameterName(environment)) as EdgeOperations;
}

function readParameter(deployment: Deployment, name: string): unknown {
  const findings = new Findings();
  const parameters = readResources(deployment, parameterType, findings);
  findings.throwIfAny();
  const found = parameters.find(({ properties }) => properties.Name === name);
  if (found === undefined) throw new Error(`The templates have no parameter ${name}.`);
  return JSON.parse(found.properties.Value);
}
