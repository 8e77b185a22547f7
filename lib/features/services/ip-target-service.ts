import { BlockList } from 'node:net';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IpTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import { Construct } from 'constructs';
import type { DecisionListener } from './decision-listener.ts';
import { serviceTargets, type TargetSettings } from './service-targets.ts';

export interface IpTargetServiceProps {
  readonly vpc: IVpc;
  /** CIDR range of the VPC; targets outside it are reached from every zone. */
  readonly vpcCidr: string;
  readonly listener: DecisionListener;
  /** Name of the service in decisions. */
  readonly serviceName: string;
  /** Priority of the listener rule, unique in the listener. */
  readonly listenerPriority: number;
  /** Whether routes of the partner API use the service. */
  readonly servesPartners: boolean;
  readonly targets: TargetSettings;
  readonly addresses: readonly { readonly address: string; readonly port?: number | undefined }[];
}

/** A service outside ECS, on EC2 or Kubernetes, at fixed private addresses. */
export class IpTargetService extends Construct {
  readonly targetGroup: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: IpTargetServiceProps) {
    super(scope, id);
    const [network = '', bits = ''] = props.vpcCidr.split('/');
    const inside = new BlockList();
    inside.addSubnet(network, Number(bits));
    this.targetGroup = serviceTargets(this, 'Targets', props.vpc, props.targets);
    for (const { address, port = props.targets.port } of props.addresses) {
      this.targetGroup.addTarget(new IpTarget(address, port, inside.check(address) ? undefined : 'all'));
    }
    props.listener.forward(this, {
      name: props.serviceName,
      cohort: 'stable',
      priority: props.listenerPriority,
      targets: this.targetGroup,
      alternate: undefined,
      servesPartners: props.servesPartners,
    });
  }
}
