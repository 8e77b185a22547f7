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
  /** ARNs of tables and databases. */
  readonly resourceArns: readonly string[];
}

/**
 * Backups of data that cannot be recreated: daily for five weeks and monthly for a year, in a vault with a lock that prevents
 * deletion. In addition to point-in-time recovery of 35 days, they cover errors that are noticed later, and a table or
 * a database that is deleted.
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
      'The permissions of AWS Backup differ per resource type; the policy of its guide covers them.',
    );
    plan.addSelection('Resources', {
      role,
      // The library would attach the same policy to the role again.
      disableDefaultBackupPolicy: true,
      resources: resourceArns.map((arn) => BackupResource.fromArn(arn)),
    });
  }
}
