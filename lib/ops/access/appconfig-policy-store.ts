import {
  AppConfig,
  type DeploymentSummary,
  type HostedConfigurationVersionSummary,
} from '@aws-sdk/client-appconfig';
import { emptyRuntimePolicy } from '../../../runtime/policy/empty-runtime-policy.ts';
import {
  describeFaults,
  type RuntimePolicy,
  readRuntimePolicy,
} from '../../../runtime/policy/runtime-policy.ts';
import type { RuntimePolicyNames } from '../../compile/runtime-policy-names.ts';
import { exitCodes, OpsError } from '../commands/ops-error.ts';
import { clientSettings, sendToAws } from './aws-clients.ts';
import type { PolicyRevision, PolicyStore, Rollout, StoredPolicy } from './policy-store.ts';

/** States of a deployment that has not ended. */
const inProgress = ['BAKING', 'VALIDATING', 'DEPLOYING'];

/** Ids of the policy's AppConfig resources, as parameters of its operations. */
interface PolicyIds {
  readonly ApplicationId: string;
  readonly EnvironmentId: string;
  readonly ConfigurationProfileId: string;
}

/** Opens the runtime policy of an environment in AppConfig. */
export async function openAppConfigPolicyStore(
  region: string,
  names: RuntimePolicyNames,
): Promise<PolicyStore> {
  const appConfig = new AppConfig({ ...clientSettings, region });
  const ApplicationId = await idOf('application', names.application, (page) =>
    appConfig.listApplications(page),
  );
  const [EnvironmentId, ConfigurationProfileId] = await Promise.all([
    idOf('environment', names.environment, (page) => appConfig.listEnvironments({ ApplicationId, ...page })),
    idOf('configuration profile', names.profile, (page) =>
      appConfig.listConfigurationProfiles({ ApplicationId, ...page }),
    ),
  ]);
  return new AppConfigPolicyStore(appConfig, { ApplicationId, EnvironmentId, ConfigurationProfileId }, names);
}

/**
 * The runtime policy in AppConfig. Each revision is a hosted configuration version, created on the condition that the
 * previous one is still the latest, and deployed with one of the two strategies of the templates. AppConfig validates
 * the document before any function receives it, and rolls it back if an alarm is raised during the deployment.
 */
class AppConfigPolicyStore implements PolicyStore {
  readonly #appConfig: AppConfig;
  readonly #ids: PolicyIds;
  readonly #names: RuntimePolicyNames;

  constructor(appConfig: AppConfig, ids: PolicyIds, names: RuntimePolicyNames) {
    this.#appConfig = appConfig;
    this.#ids = ids;
    this.#names = names;
  }

  async current(): Promise<StoredPolicy> {
    const [[latest], deployments] = await Promise.all([this.#versions(), this.#deployments()]);
    const running = deployments.find(({ State = '' }) => State === 'COMPLETE' || inProgress.includes(State));
    return {
      revision: latest?.VersionNumber ?? 0,
      policy: (running && (await this.read(Number(running.ConfigurationVersion)))) ?? emptyRuntimePolicy,
    };
  }

  async revisions(limit: number): Promise<readonly PolicyRevision[]> {
    const latest = (await this.#versions()).slice(0, limit);
    return await Promise.all(
      latest.map(async ({ VersionNumber: revision = 0 }) => {
        // A version that was not stored by a command can be invalid.
        const policy = await this.read(revision).catch(() => undefined);
        return { revision, version: policy?.version ?? '-' };
      }),
    );
  }

  async read(revision: number): Promise<RuntimePolicy | undefined> {
    const { ApplicationId, ConfigurationProfileId } = this.#ids;
    const call = this.#appConfig.getHostedConfigurationVersion({
      ApplicationId,
      ConfigurationProfileId,
      VersionNumber: revision,
    });
    const version = await sendToAws(`AppConfig GetHostedConfigurationVersion of revision ${revision}`, call, [
      'ResourceNotFoundException',
    ]);
    if (version === undefined) return undefined;
    const parsed = readRuntimePolicy(Buffer.from(version.Content ?? []).toString());
    if (parsed.kind === 'valid') return parsed.policy;
    throw new OpsError(
      `Revision ${revision} is not a valid runtime policy:\n${describeFaults(parsed.faults)}`,
      'Roll back to another revision of npm run ops -- policy history.',
    );
  }

  async replace(policy: RuntimePolicy, revision: number, rollout: Rollout): Promise<'stored' | 'conflict'> {
    const other = (await this.#deployments()).find(({ State = '' }) => inProgress.includes(State));
    if (other !== undefined && rollout === 'staged') {
      throw new OpsError(
        `Revision ${other.ConfigurationVersion} is still being deployed, so nothing was changed.`,
        'Wait for about twenty minutes until its deployment has ended; policy rollback does not wait.',
        exitCodes.conflict,
      );
    }
    const stored = await this.#store(policy, revision);
    if (stored !== revision + 1) return 'conflict';
    if (other !== undefined) await this.#stop(other);
    await this.#deploy(stored, rollout, policy.version);
    return 'stored';
  }

  effect(rollout: Rollout): string {
    return rollout === 'staged'
      ? 'in steps of 20 % over ten minutes; an alarm within twenty minutes rolls it back'
      : 'within 60 seconds, with the next poll of every function';
  }

  /** Returns the number of the new version; undefined when another version was stored first. */
  async #store(policy: RuntimePolicy, revision: number): Promise<number | undefined> {
    const { ApplicationId, ConfigurationProfileId } = this.#ids;
    const call = this.#appConfig.createHostedConfigurationVersion({
      ApplicationId,
      ConfigurationProfileId,
      ContentType: 'application/json',
      Content: Buffer.from(JSON.stringify(policy)),
      LatestVersionNumber: revision === 0 ? undefined : revision,
    });
    const version = await sendToAws('AppConfig CreateHostedConfigurationVersion', call, [
      'ConflictException',
    ]);
    return version?.VersionNumber;
  }

  async #stop({ DeploymentNumber }: DeploymentSummary): Promise<void> {
    const { ApplicationId, EnvironmentId } = this.#ids;
    const call = this.#appConfig.stopDeployment({ ApplicationId, EnvironmentId, DeploymentNumber });
    await sendToAws(`AppConfig StopDeployment of deployment ${DeploymentNumber}`, call);
  }

  async #deploy(revision: number, rollout: Rollout, description: string): Promise<void> {
    const name = rollout === 'staged' ? this.#names.staged : this.#names.emergency;
    const DeploymentStrategyId = await idOf('deployment strategy', name, (page) =>
      this.#appConfig.listDeploymentStrategies(page),
    );
    const call = this.#appConfig.startDeployment({
      ...this.#ids,
      DeploymentStrategyId,
      ConfigurationVersion: String(revision),
      Description: description,
    });
    await sendToAws(`AppConfig StartDeployment of revision ${revision}, which is stored,`, call);
  }

  /** The latest first. */
  async #versions(): Promise<readonly HostedConfigurationVersionSummary[]> {
    const { ApplicationId, ConfigurationProfileId } = this.#ids;
    const versions = await allItems('AppConfig ListHostedConfigurationVersions', (page) =>
      this.#appConfig.listHostedConfigurationVersions({ ApplicationId, ConfigurationProfileId, ...page }),
    );
    return versions.sort((a, b) => (b.VersionNumber ?? 0) - (a.VersionNumber ?? 0));
  }

  /** The latest first. */
  async #deployments(): Promise<readonly DeploymentSummary[]> {
    const { ApplicationId, EnvironmentId } = this.#ids;
    const deployments = await allItems('AppConfig ListDeployments', (page) =>
      this.#appConfig.listDeployments({ ApplicationId, EnvironmentId, ...page }),
    );
    return deployments.sort((a, b) => (b.DeploymentNumber ?? 0) - (a.DeploymentNumber ?? 0));
  }
}

interface PageInput {
  readonly MaxResults: number;
  readonly NextToken: string | undefined;
}

type ListPage<T> = (
  page: PageInput,
) => Promise<{ readonly Items?: T[] | undefined; readonly NextToken?: string | undefined }>;

async function allItems<T>(operation: string, list: ListPage<T>): Promise<T[]> {
  const items: T[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sendToAws(operation, list({ MaxResults: 50, NextToken }));
    items.push(...(page?.Items ?? []));
    NextToken = page?.NextToken;
  } while (NextToken !== undefined);
  return items;
}

async function idOf(
  kind: string,
  name: string,
  list: ListPage<{ readonly Id?: string | undefined; readonly Name?: string | undefined }>,
): Promise<string> {
  const found = (await allItems(`AppConfig list of every ${kind}`, list)).find(({ Name }) => Name === name);
  if (found?.Id !== undefined) return found.Id;
  throw new OpsError(`AppConfig has no ${kind} named "${name}".`, 'Deploy the environment first.');
}
