import type { AttributeValues } from './stacks.ts';

/** Local values of attributes for which the id of the resource is not sufficient. */
export const attributeValues: AttributeValues = {
  // The templates split it at its colons for the registry of the image.
  'AWS::ECR::Repository.Arn': 'arn:aws:ecr:eu-west-1:000000000000:repository/{id}',
  'AWS::ElastiCache::ServerlessCache.Endpoint.Address': '{id}.serverless.cache.amazonaws.com',
  'AWS::ElastiCache::ServerlessCache.Endpoint.Port': '6379',
  'AWS::RDS::DBCluster.Endpoint.Address': '{id}.rds.amazonaws.com',
  'AWS::RDS::DBCluster.Endpoint.Port': '5432',
  'AWS::ECS::Service.Name': '{id}',
  'AWS::ElasticLoadBalancingV2::LoadBalancer.DNSName': '{id}.elb.amazonaws.com',
  'AWS::ApiGatewayV2::Api.ApiEndpoint': 'https://{id}.execute-api.amazonaws.com',
  'AWS::S3::Bucket.RegionalDomainName': '{id}.s3.amazonaws.com',
  'AWS::CloudFront::Distribution.DomainName': '{id}.cloudfront.net',
  // The templates split it at its colons for the name of the function.
  'AWS::Lambda::Alias.Ref': 'arn:aws:lambda:eu-west-1:000000000000:function:{id}:live',
  'AWS::Lambda::Version.Version': '1',
  'AWS::SNS::Topic.TopicName': '{id}',
  'AWS::SQS::Queue.QueueName': '{id}',
  'AWS::SQS::Queue.QueueUrl': '{id}',
};
