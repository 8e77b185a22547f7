import { z } from 'zod';
import { type EdgeResourceNames, edgeResourceNamesParameter } from '../../compile/edge-resource-names.ts';
import { type ResourceNames, resourceNamesParameter } from '../../compile/resource-names.ts';
import type { Deployment } from './assembly.ts';
import { readResources, resourceType } from './resource-type.ts';
import { UnsupportedFeatures } from './unsupported.ts';

const parameterType = resourceType({
  type: 'AWS::SSM::Parameter',
  emulated: { Name: z.string().optional(), Value: z.string() },
  ignored: { Description: 'words', Type: 'a text is a text', Tags: 'labels' },
});

/** What the templates tell the operators' commands of the environment. */
export function readOperations(deployment: Deployment, environment: string): ResourceNames {
  return readParameter(deployment, resourceNamesParameter(environment)) as ResourceNames;
}

/** What they tell of its edge. */
export function readEdgeOperations(deployment: Deployment, environment: string): EdgeResourceNames {
  return readParameter(deployment, edgeResourceNamesParameter(environment)) as EdgeResourceNames;
}

function readParameter(deployment: Deployment, name: string): unknown {
  const findings = new UnsupportedFeatures();
  const parameters = readResources(deployment, parameterType, findings);
  findings.throwIfAny();
  const found = parameters.find(({ properties }) => properties.Name === name);
  if (found === undefined) throw new Error(`The templates have no parameter ${name}.`);
  return JSON.parse(found.properties.Value);
}
