import { edgeRegion } from '../../compile/edge-resource-names.ts';
import { sampleEvent } from '../../features/edge/viewer-request/sample-event.ts';
import { webAclCapacityNeed } from '../quotas/web-acl-capacity-need.ts';
import { type Check, inconclusive, passUnlessFaults } from './check.ts';
import { type AwsPorts, templateOf } from './deployment.ts';
import { findWebAcl, requiredResources } from './request-path-checks.ts';

/** Percent of what a viewer-request function may take. */
const highUtilisation = 50;

/** CloudFront, its function and the firewalls, as AWS has them. */
export const edgeResourceChecks: readonly Check<AwsPorts>[] = [
  {
    name: 'edge-function-runs',
    assumption: 'edge-function-runtime',
    remedy: 'The function would answer every request with 503: detach it from the distribution.',
    run: async (ports) => {
      const client = ports.aws.cloudFront(edgeRegion);
      const faults: string[] = [];
      let utilisation = 0;
      for (const { physicalId } of requiredResources(ports, 'AWS::CloudFront::Function')) {
        // The physical id is the ARN.
        const Name = physicalId.split('/').at(-1);
        const { ETag } = await client.describeFunction({ Name, Stage: 'LIVE' });
        const { TestResult } = await client.testFunction({
          Name,
          Stage: 'LIVE',
          IfMatch: ETag,
          EventObject: new TextEncoder().encode(JSON.stringify(sampleEvent)),
        });
        const { FunctionErrorMessage, FunctionOutput = '' } = TestResult ?? {};
        utilisation = Number(TestResult?.ComputeUtilization ?? Number.NaN);
        if (FunctionErrorMessage !== undefined && FunctionErrorMessage !== '')
          faults.push(FunctionErrorMessage);
        if (!(utilisation < highUtilisation)) faults.push(`its compute utilisation is ${utilisation}`);
        if (!FunctionOutput.includes('/v2/products/aurora-12')) faults.push('it does not write the version');
      }
      return passUnlessFaults(faults, `compute utilisation ${utilisation} of 100`);
    },
  },
  {
    name: 'distribution-deployed',
    assumption: 'origin-header-from-edge',
    remedy: 'Wait until the distribution is Deployed; a disabled one answers nobody.',
    run: async (ports) => {
      const faults: string[] = [];
      for (const { physicalId } of requiredResources(ports, 'AWS::CloudFront::Distribution')) {
        const { Distribution } = await ports.aws.cloudFront(edgeRegion).getDistribution({ Id: physicalId });
        const { Status, DistributionConfig } = Distribution ?? {};
        if (Status !== 'Deployed') faults.push(`${physicalId} is ${Status}`);
        if (DistributionConfig?.Enabled !== true) faults.push(`${physicalId} is disabled`);
        if (JSON.stringify(DistributionConfig ?? {}).includes('{{resolve')) {
          faults.push('an origin header holds a dynamic reference');
        }
      }
      return passUnlessFaults(faults, 'Deployed and enabled');
    },
  },
  {
    name: 'firewall-attached',
    remedy: 'The firewall is not in front of the distribution: deploy the stack Edge.',
    run: async (ports) => {
      const faults: string[] = [];
      for (const { physicalId } of requiredResources(ports, 'AWS::CloudFront::Distribution')) {
        const { Distribution } = await ports.aws.cloudFront(edgeRegion).getDistribution({ Id: physicalId });
        const id = Distribution?.DistributionConfig?.WebACLId ?? '';
        if (id === '') faults.push(`${physicalId} has no web ACL`);
      }
      return passUnlessFaults(faults, 'the distribution has its web ACL');
    },
  },
  {
    name: 'firewall-capacity',
    assumption: 'managed-group-capacity',
    remedy: 'AWS counts a group otherwise than its documentation: correct managed-rule-groups.ts.',
    run: async (ports) => {
      const faults: string[] = [];
      for (const acl of requiredResources(ports, 'AWS::WAFv2::WebACL')) {
        const { template } = await templateOf(ports.aws, acl);
        const { Type: type = '', Properties: properties = {} } = template.Resources?.[acl.logicalId] ?? {};
        const counted = webAclCapacityNeed({ stack: acl.stack, logicalId: acl.logicalId, type, properties });
        const capacity = (await findWebAcl(ports, acl))?.Capacity ?? Number.NaN;
        if (!(capacity <= counted))
          faults.push(`${acl.logicalId} takes ${capacity} units, counted ${counted}`);
      }
      return passUnlessFaults(faults, 'at most what the synth counted');
    },
  },
  {
    name: 'origin-secret-rotation',
    assumption: 'rotation-tests-first',
    remedy: 'The rotation is off or was never finished: look at the log of the function origin-rotation.',
    run: async ({ aws, environment }) => {
      if (environment.edge.originSecretRotationDays === undefined) {
        return inconclusive('the environment has no edge.originSecretRotationDays');
      }
      const { RotationEnabled, VersionIdsToStages = {} } = await aws
        .secrets(environment.region)
        .describeSecret({ SecretId: `gatehouse/${environment.name}/origin-secret` });
      const pending = Object.values(VersionIdsToStages).filter(
        (stages) => stages.includes('AWSPENDING') && !stages.includes('AWSCURRENT'),
      );
      return passUnlessFaults(
        [
          ...(RotationEnabled === true ? [] : ['rotation is off']),
          ...(pending.length === 0 ? [] : ['a version is pending']),
        ],
        'on, and none is pending',
      );
    },
  },
];
