import type { Account } from '../account.ts';
import { isNamed, lookUp, type SettingsAt } from './lookup.ts';

/** What CloudFormation has, and what it makes of a template. */
export function stackLookups(at: SettingsAt): Pick<Account, 'stack' | 'templateFault'> {
  return {
    stack: (region, StackName) =>
      lookUp([], async () => {
        const { CloudFormationClient, DescribeStacksCommand, paginateListStackResources } = await import(
          '@aws-sdk/client-cloudformation'
        );
        const client = new CloudFormationClient(at(region));
        try {
          const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
          const [stack] = Stacks ?? [];
          if (stack === undefined) return undefined;
          const logicalIds = new Set<string>();
          for await (const page of paginateListStackResources({ client }, { StackName })) {
            for (const { LogicalResourceId, ResourceStatus } of page.StackResourceSummaries ?? []) {
              // What is skipped stays in the account and leaves the stack.
              if (!/^DELETE_(COMPLETE|SKIPPED)$/.test(String(ResourceStatus))) {
                logicalIds.add(String(LogicalResourceId));
              }
            }
          }
          const tags = Object.fromEntries((stack.Tags ?? []).map(({ Key, Value }) => [Key, Value ?? '']));
          return { status: String(stack.StackStatus), tags, logicalIds };
        } catch (error) {
          // A stack that is not there is a ValidationError, like all that is wrong with a request.
          if (isNamed(error, 'ValidationError') && /does not exist/.test(String(error))) return undefined;
          throw error;
        }
      }),
    templateFault: async (region, source) => {
      const answer = await lookUp([], async () => {
        const { CloudFormationClient, ValidateTemplateCommand } = await import(
          '@aws-sdk/client-cloudformation'
        );
        const question = 'body' in source ? { TemplateBody: source.body } : { TemplateURL: source.url };
        try {
          await new CloudFormationClient(at(region)).send(new ValidateTemplateCommand(question));
          return { fault: undefined };
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          const { name, message } = error;
          // A bucket or a copy that is not there is a ValidationError ("S3 error: ..."), too; emulators say it their way.
          if ('url' in source && /^NotFound|S3 error|TemplateURL/.test(`${name} ${message}`))
            return undefined;
          if (name !== 'ValidationError') throw error;
          return { fault: message };
        }
      });
      return answer.kind === 'found' ? { kind: 'found', value: answer.value.fault } : answer;
    },
  };
}
