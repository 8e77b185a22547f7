import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guideBlocks } from '../support/guide-blocks.ts';
import { type Moto, startMoto } from '../support/moto.ts';
import { pythonTools } from '../support/python-tools.ts';

const blocks = guideBlocks('docs/guides/first-deployment.md', 'sh');

const [exported = ''] = blocks.join('\n').match(/^export .*$/m) ?? [];

let moto: Moto;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  moto = await startMoto();
  environment = {
    PATH: `${pythonTools('requirements-aws-cli.txt')}:${process.env['PATH']}`,
    HOME: join(process.cwd(), '.gatehouse'),
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_ACCESS_KEY_ID: 'gatehouse-guide',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  };
  const credentials = { accessKeyId: 'gatehouse-guide', secretAccessKey: 'not-a-secret' };
  const create = async (region: string, StackName: string, template: object) =>
    await new CloudFormationClient({ endpoint: moto.endpoint, region, credentials }).send(
      new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }),
    );
  // The two stacks that the commands read; their outputs are those of the templates, as the guide's own test shows.
  // moto's CloudFormation makes no user pools, so the pool stands beside its stack.
  const pool = run(
    'POOL=$(aws cognito-idp create-user-pool --pool-name shop --query UserPool.Id --output text)',
    'aws cognito-idp create-user-pool-client --user-pool-id "$POOL" --client-name cli > /dev/null',
    'echo "$POOL"',
  );
  const bystander = { Topic: { Type: 'AWS::SNS::Topic', Properties: {} } };
  await create('eu-west-1', 'gatehouse-dev-data', {
    Resources: bystander,
    Outputs: { UserPoolId: { Value: pool } },
  });
  await create('us-east-1', 'gatehouse-dev-edge', {
    Resources: bystander,
    Outputs: { Url: { Value: 'https://d111111abcdef8.cloudfront.net' } },
  });
});
afterAll(() => moto.stop());

/** Runs lines in one shell that stops at the first failure. */
const run = (...lines: readonly string[]) =>
  execFileSync('bash', ['-euo', 'pipefail', '-c', [exported, ...lines].join('\n')], {
    encoding: 'utf8',
    env: environment,
  }).trim();

/** The lines of the guide that only the AWS CLI runs. */
const awsLines = (start: RegExp) =>
  blocks
    .filter((block) => start.test(block))
    .flatMap((block) => block.split('\n'))
    .filter((line) => /^(\w+=\$\()?aws /.test(line))
    .map((line) => line.replace(/ \| docker login.*/, ''));

test('the account gets the role of ECS, and its number is read', () => {
  const printed = run(...awsLines(/^export AWS/), 'echo "$ACCOUNT"');
  expect(printed).toContain('ecs.amazonaws.com');
  expect(printed.split('\n').at(-1)).toBe('123456789012');
});

test('the password of the registry is printed', () => {
  expect(run(...awsLines(/^REPOSITORY=/))).toMatch(/\S+/);
});

test('the URL of the edge is the output of its stack', () => {
  expect(run(...awsLines(/^npx cdk deploy .*dev\/\*/), 'echo "$URL"')).toBe(
    'https://d111111abcdef8.cloudfront.net',
  );
});

test('the user is confirmed, and may sign in to the application', () => {
  const status = '--query "[UserStatus,UserAttributes[?Name==\'email_verified\'].Value|[0]]" --output text';
  const printed = run(
    ...awsLines(/^POOL=/),
    'echo "$CLIENT"',
    `aws cognito-idp admin-get-user --user-pool-id "$POOL" --username alice@my-shop.com ${status}`,
  );
  const [client, user] = printed.split('\n').slice(-2);
  expect(client).toMatch(/^[a-z0-9]{20,}$/);
  expect(user).toBe('CONFIRMED\ttrue');
});
