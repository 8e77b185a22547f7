import { z } from 'zod';
import { type EdgeResourceNames, edgeResourceNamesParameter } from '../../compile/edge-resource-names.ts';
import { type ResourceNames, resourceNamesParameter } from '../../compile/resource-names.ts';
import type { Deployment } from './assembly.ts';
import { readResources, resourceType } from './resource-type.ts';
import { UnsupportedFeatures } from './unsupported.ts';

const parameterType = resourceType({
  type: 'AWS::SSM::Parameter',
  emulated: { Name: z.string().optional(), Value: z.string() },
  ignored: {
    Description: 'descriptive text has no effect locally',
    Type: 'the local run stores no parameters',
    Tags: 'tags have no effect locally',
  },
});

/** Names of resources for the operators' commands. */
export function readOperations(deployment: Deployment, environment: string): ResourceNames {
  return readParameter(deployment, resourceNamesParameter(environment)) as ResourceNames;
}

/** Names of resources of the edge. */
export function readEdgeOperations(deployment: Deployment, environment: string): EdgeResourceNames {
  return readParameter(deployment, edgeResourceNamesParameter(environment)) as EdgeResourceNames;
}

function readParameter(deployment: Deployment, name: string): unknown {
  const findings = new UnsupportedFeatures();
  const parameters = readResources(deployment, parameterType, findings);
  findings.throwIfAny();
  const found = parameters.find(({ properties }) => properties.Name === name);
  if (found === undefined) throw new Error(`The templates do not contain the parameter ${name}.`);
  return JSON.parse(found.properties.Value);
}
