import { Stack, type StackProps } from 'aws-cdk-lib';
import { Cluster, ContainerImage, ContainerInsights, type ICluster, Secret } from 'aws-cdk-lib/aws-ecs';
import type { ApplicationLoadBalancer, IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Secret as StoredSecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Catalogue, Configuration, Environment } from '../config/index.ts';
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

    const provider = paymentProvider(this, environment);
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
            ...(service.database ? data.database.environment : {}),
            ...addressesOf(service.calls, catalogue),
            ...(service.role === paymentRole ? provider.environment : {}),
          },
          secretFields: {
            ...(service.database ? data.database.secrets : {}),
            ...(service.role === paymentRole ? provider.secrets : {}),
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

/** The role that talks to the payment provider. */
const paymentRole = 'payment';

/** Where a service finds those that it calls: `http://NAME:PORT` is what Service Connect calls them. */
function addressesOf(calls: readonly string[], catalogue: Catalogue): Record<string, string> {
  return Object.fromEntries(
    fargateServices(catalogue)
      .filter(([name]) => calls.includes(name))
      .map(([name, { port }]) => [
        `${name.toUpperCase().replaceAll('-', '_')}_URL`,
        `http://${name}:${port}`,
      ]),
  );
}

/** Stripe with the key in its secret, or the stand-in that needs none. */
function paymentProvider(scope: Construct, { payments }: Environment) {
  if (payments.kind === 'fake') return { environment: {}, secrets: {} };
  const key = StoredSecret.fromSecretNameV2(scope, 'StripeKey', payments.secretName);
  return {
    environment: { STRIPE_BASE_URL: payments.baseUrl },
    secrets: { STRIPE_SECRET_KEY: Secret.fromSecretsManager(key) },
  };
}
