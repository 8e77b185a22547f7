import type { AttributeValues } from './assembly.ts';

/** What the attributes of the gateway's templates resolve to on a laptop, where an id will not do. */
export const attributeValues: AttributeValues = {
  // Taken apart at its colons for the image's registry.
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
  // Taken apart at its colons for the function's name.
  'AWS::Lambda::Alias.Ref': 'arn:aws:lambda:eu-west-1:000000000000:function:{id}:live',
  'AWS::Lambda::Version.Version': '1',
  'AWS::SNS::Topic.TopicName': '{id}',
  'AWS::SQS::Queue.QueueName': '{id}',
  'AWS::SQS::Queue.QueueUrl': '{id}',
};
