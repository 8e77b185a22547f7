import type { Account } from '../account.ts';
import { isNamed, lookUp, type SettingsAt } from './lookup.ts';

/** Stacks of CloudFormation, and its validation of templates. */
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
              // A skipped resource remains in the account but not in the stack.
              if (!/^DELETE_(COMPLETE|SKIPPED)$/.test(String(ResourceStatus))) {
                logicalIds.add(String(LogicalResourceId));
              }
            }
          }
          const tags = Object.fromEntries((stack.Tags ?? []).map(({ Key, Value }) => [Key, Value ?? '']));
          return { status: String(stack.StackStatus), tags, logicalIds };
        } catch (error) {
          // CloudFormation reports a missing stack as ValidationError, like every invalid request.
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
          // CloudFormation reports a missing bucket or object as ValidationError ("S3 error: ..."); emulators use other
          // names.
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
