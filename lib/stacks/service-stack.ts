import { Stack, type StackProps } from 'aws-cdk-lib';
import { Cluster, ContainerImage, ContainerInsights, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { ApplicationLoadBalancer, IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { Configuration } from '../config/index.ts';
import { DecisionListener } from '../constructs/decision-listener.ts';
import { HttpService } from '../constructs/http-service.ts';
import { InternalLoadBalancer } from '../constructs/internal-load-balancer.ts';
import { ServiceTask } from '../constructs/service-task.ts';
import type { DataStack } from './data-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { fargateServices, keepsData, logRetention, removalPolicy } from './settings.ts';

export interface ServiceStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** The load balancer that enforces decisions, and the services behind it. */
export class ServiceStack extends Stack {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: IApplicationListener;
  /** By name in the catalogue. */
  readonly services: Readonly<Record<string, HttpService>>;

  constructor(scope: Construct, id: string, { configuration, network, data, ...props }: ServiceStackProps) {
    const { catalogue, environment } = configuration;
    super(scope, id, {
      description: "The gateway's load balancer and the services behind it.",
      ...props,
    });
    const { vpc, securityGroups } = network;

    const cluster = new Cluster(this, 'Cluster', {
      vpc,
      containerInsightsV2: ContainerInsights.ENHANCED,
    }) as ICluster;
    this.loadBalancer = new InternalLoadBalancer(this, 'LoadBalancer', {
      vpc,
      securityGroup: securityGroups.loadBalancer,
      accessLogs: data.accessLogs,
      deletionProtection: keepsData(environment),
    }).loadBalancer;
    const listener = new DecisionListener(this, 'Decisions', { loadBalancer: this.loadBalancer });
    this.listener = listener.listener;

    const image = ContainerImage.fromEcrRepository(data.storeImages, environment.services.imageTag);
    this.services = Object.fromEntries(
      fargateServices(catalogue).map(([name, service]) => {
        const task = new ServiceTask(this, `${name}-task`, {
          image,
          cpu: service.cpu,
          memoryMiB: service.memoryMiB,
          port: service.port,
          environment: {
            ROLE: service.role,
            SERVICE_NAME: name,
            PORT: String(service.port),
            ...data.events.environment,
          },
          logRetention: logRetention(environment),
          removalPolicy: removalPolicy(environment),
        });
        const { taskRole } = task.definition;
        data.events.grantProduce(taskRole, service.produces);
        data.events.grantConsume(taskRole, service.consumes, name);
        const httpService = new HttpService(this, name, {
          cluster,
          securityGroup: securityGroups.services,
          taskDefinition: task.definition,
          listener,
          serviceName: name,
          settings: service,
          tasks: environment.services.tasksOf[name] ?? environment.services.tasks,
        });
        return [name, httpService];
      }),
    );
  }
}
