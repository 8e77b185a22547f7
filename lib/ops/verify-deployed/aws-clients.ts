import { APIGateway } from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2 } from '@aws-sdk/client-apigatewayv2';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudFront } from '@aws-sdk/client-cloudfront';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Kafka } from '@aws-sdk/client-kafka';
import { Lambda } from '@aws-sdk/client-lambda';
import { RDS } from '@aws-sdk/client-rds';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { WAFV2 } from '@aws-sdk/client-wafv2';

/** A client of a service in a region. */
type Open<Client> = (region: string) => Client;

/** AWS's own clients, by the ordinary credentials of AWS's tools. Their faults are rejections. */
export interface AwsClients {
  readonly apiGateway: Open<APIGateway>;
  readonly httpApis: Open<ApiGatewayV2>;
  readonly cloudFormation: Open<CloudFormation>;
  readonly cloudFront: Open<CloudFront>;
  readonly cloudWatch: Open<CloudWatch>;
  readonly logs: Open<CloudWatchLogs>;
  readonly tables: Open<DynamoDB>;
  readonly loadBalancing: Open<ElasticLoadBalancingV2>;
  readonly kafka: Open<Kafka>;
  readonly lambda: Open<Lambda>;
  readonly databases: Open<RDS>;
  readonly secrets: Open<SecretsManager>;
  readonly notifications: Open<SNS>;
  readonly queues: Open<SQS>;
  readonly firewall: Open<WAFV2>;
}

/** Opens no connection before the first call. */
export function openAwsClients(): AwsClients {
  return {
    apiGateway: (region) => new APIGateway({ region }),
    httpApis: (region) => new ApiGatewayV2({ region }),
    cloudFormation: (region) => new CloudFormation({ region }),
    cloudFront: (region) => new CloudFront({ region }),
    cloudWatch: (region) => new CloudWatch({ region }),
    logs: (region) => new CloudWatchLogs({ region }),
    tables: (region) => new DynamoDB({ region }),
    loadBalancing: (region) => new ElasticLoadBalancingV2({ region }),
    kafka: (region) => new Kafka({ region }),
    lambda: (region) => new Lambda({ region }),
    databases: (region) => new RDS({ region }),
    secrets: (region) => new SecretsManager({ region }),
    notifications: (region) => new SNS({ region }),
    queues: (region) => new SQS({ region, useQueueUrlAsEndpoint: false }),
    firewall: (region) => new WAFV2({ region }),
  };
}
