import { Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { setAlarmDefaults } from '../../lib/features/observability/alarm-text.ts';
import { scratchFolder } from './scratch.ts';
import { newApp } from './synth.ts';

export const availabilityZones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];

/** A stack in a separate app, with a region and without an account, like every stack of the gateway. */
export function newStack(region = 'eu-west-1'): Stack {
  const stack = new Stack(newApp(scratchFolder('app')), 'Stack', { env: { region } });
  setAlarmDefaults(stack, {
    environment: 'test',
    runbookBaseUrl: 'https://runbooks.example',
    furtherRegions: [],
  });
  return stack;
}

/** Subnets of the three kinds that the gateway's VPC has. */
export function newVpc(stack: Stack): IVpc {
  return new Vpc(stack, 'Vpc', {
    availabilityZones,
    subnetConfiguration: [
      { name: 'public', subnetType: SubnetType.PUBLIC },
      { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      { name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED },
    ],
    restrictDefaultSecurityGroup: false,
  }) as IVpc;
}

export function newSecurityGroup(stack: Stack, vpc: IVpc): SecurityGroup {
  return new SecurityGroup(stack, 'Group', { vpc, allowAllOutbound: false });
}

/** All resources of a type, in the order of the template. */
export function all(template: Template, type: string) {
  return Object.values(template.findResources(type));
}

/** The only resource of a type. */
export function only(template: Template, type: string) {
  const [resource, ...others] = all(template, type);
  if (resource === undefined || others.length > 0) {
    throw new Error(
      `The template has ${resource === undefined ? 0 : others.length + 1} of ${type}, not one.`,
    );
  }
  return resource;
}
