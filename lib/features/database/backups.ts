import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { pinLogicalId } from '../common/logical-id.ts';

const backupPolicyName = 'AWSBackupServiceRolePolicyForBackup';

export interface BackupsProps {
  /** Name of the vault. */
  readonly name: string;
  /** Of tables and databases. */
  readonly resourceArns: readonly string[];
}

/**
 * Copies of what cannot be made anew, each day for five weeks and each month for a year, in a vault that gives none of
 * them up within a week. Tables and database can be restored to any second of the last 35 days besides; this is for what
 * is noticed later, and for a table or a database that is itself gone.
 */
export class Backups extends Construct {
  constructor(scope: Construct, id: string, { name, resourceArns }: BackupsProps) {
    super(scope, id);
    const vault = new BackupVault(this, 'Vault', {
      backupVaultName: name,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lockConfiguration: { minRetention: Duration.days(7) },
    });
    pinLogicalId(vault, 'BackupVault');
    const plan = new BackupPlan(this, 'Plan', {
      backupPlanName: name,
      backupVault: vault,
      backupPlanRules: [
        new BackupPlanRule({
          ruleName: 'daily',
          scheduleExpression: Schedule.cron({ minute: '0', hour: '2' }),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(8),
          deleteAfter: Duration.days(35),
        }),
        new BackupPlanRule({
          ruleName: 'monthly',
          scheduleExpression: Schedule.cron({ minute: '0', hour: '3', day: '1' }),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(8),
          deleteAfter: Duration.days(365),
        }),
      ],
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('backup.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(`service-role/${backupPolicyName}`)],
    });
    acknowledge(
      role,
      `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${backupPolicyName}]`,
      'What AWS Backup does to a kind of resource changes with the kind; the policy of its guide follows it.',
    );
    plan.addSelection('Resources', {
      role,
      // It would give the role the same policy once more.
      disableDefaultBackupPolicy: true,
      resources: resourceArns.map((arn) => BackupResource.fromArn(arn)),
    });
  }
}
