import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { emptyRuntimePolicy } from '../../../runtime/policy/empty-runtime-policy.ts';
import {
  describeFaults,
  type RuntimePolicy,
  readRuntimePolicy,
} from '../../../runtime/policy/runtime-policy.ts';
import type { RuntimePolicyNames } from '../../compile/runtime-policy-names.ts';
import { exitCodes, OpsError } from '../commands/ops-error.ts';
import { callRest, type RestAnswer, type RestCall } from './aws-rest.ts';
import type { PolicyStore, Rollout } from './policy-store.ts';

/** States of a deployment that is rolled out or on its way. */
const underWay = ['BAKING', 'VALIDATING', 'DEPLOYING'];

interface Deployment {
  readonly DeploymentNumber: number;
  readonly ConfigurationVersion: string;
  readonly State: string;
}

/**
 * The runtime policy in AppConfig: each revision is a hosted configuration version, made on the condition that the one
 * before is still the latest, and deployed by one of the two strategies of the templates. AppConfig has its validators
 * look at it before any function sees it, and takes it back when an alarm is raised meanwhile.
 *
 * @param endpoint Base URL of AppConfig's API, without a path.
 */
export async function openAppConfigPolicyStore(
  endpoint: string,
  credentials: AwsCredentials,
  names: RuntimePolicyNames,
): Promise<PolicyStore> {
  const call = (part: Pick<RestCall, 'method' | 'path' | 'headers' | 'body'>): Promise<RestAnswer> =>
    callRest(credentials, { service: 'appconfig', endpoint, ...part });

  const list = async <T>(path: string): Promise<T[]> => {
    const items: T[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const query = token === '' ? '' : `&next_token=${encodeURIComponent(token)}`;
      const answer = await call({ method: 'GET', path: `${path}?max_results=50${query}` });
      if (answer.status !== 200) throw refused(`list ${path}`, answer);
      const page = JSON.parse(answer.text) as { Items?: T[]; NextToken?: string };
      items.push(...(page.Items ?? []));
      token = page.NextToken;
    }
    return items;
  };

  const idOf = async (path: string, name: string): Promise<string> => {
    const found = (await list<{ Id: string; Name: string }>(path)).find(({ Name }) => Name === name);
    if (found !== undefined) return found.Id;
    throw new OpsError(`AppConfig has no "${name}" among its ${path}.`, 'Deploy the environment first.');
  };

  const application = `/applications/${await idOf('/applications', names.application)}`;
  const [environmentId, profileId] = await Promise.all([
    idOf(`${application}/environments`, names.environment),
    idOf(`${application}/configurationprofiles`, names.profile),
  ]);
  const versions = `${application}/configurationprofiles/${profileId}/hostedconfigurationversions`;
  const deployments = `${application}/environments/${environmentId}/deployments`;

  const listVersions = async () =>
    (await list<{ VersionNumber: number }>(versions)).sort(
      (one, other) => other.VersionNumber - one.VersionNumber,
    );
  const listDeployments = async () =>
    (await list<Deployment>(deployments)).sort((one, other) => other.DeploymentNumber - one.DeploymentNumber);

  const read = async (revision: number | string): Promise<RuntimePolicy | undefined> => {
    const answer = await call({ method: 'GET', path: `${versions}/${revision}` });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`read revision ${revision}`, answer);
    const parsed = readRuntimePolicy(answer.text);
    if (parsed.kind === 'valid') return parsed.policy;
    throw new OpsError(
      `Revision ${revision} is not a valid runtime policy:\n${describeFaults(parsed.faults)}`,
      'Go back to another revision of policy history.',
    );
  };

  const deploy = async (revision: number, rollout: Rollout, description: string): Promise<void> => {
    const strategy = await idOf(
      '/deploymentstrategies',
      rollout === 'staged' ? names.staged : names.emergency,
    );
    const body = JSON.stringify({
      DeploymentStrategyId: strategy,
      ConfigurationProfileId: profileId,
      ConfigurationVersion: String(revision),
      Description: description,
    });
    const headers = { 'content-type': 'application/json' };
    const answer = await call({ method: 'POST', path: deployments, headers, body });
    if (answer.status !== 201) throw refused(`deploy revision ${revision}, which is stored,`, answer);
  };

  return {
    async current() {
      const [[latest], deployed] = await Promise.all([listVersions(), listDeployments()]);
      const running = deployed.find(({ State }) => State === 'COMPLETE' || underWay.includes(State));
      return {
        revision: latest?.VersionNumber ?? 0,
        policy: (running && (await read(running.ConfigurationVersion))) ?? emptyRuntimePolicy,
      };
    },
    async revisions(limit) {
      const latest = (await listVersions()).slice(0, limit);
      return await Promise.all(
        latest.map(async ({ VersionNumber: revision }) => {
          // One that was stored past the commands may be no policy at all.
          const policy = await read(revision).catch(() => undefined);
          return { revision, version: policy?.version ?? '-' };
        }),
      );
    },
    read,
    async replace(policy, revision, rollout) {
      const [other] = (await listDeployments()).filter(({ State }) => underWay.includes(State));
      if (other !== undefined && rollout === 'staged') {
        throw new OpsError(
          `Revision ${other.ConfigurationVersion} is still being rolled out, so nothing was changed.`,
          'Wait until it is, about twenty minutes; policy rollback does not wait.',
          exitCodes.conflict,
        );
      }
      const made = await call({
        method: 'POST',
        path: versions,
        headers: {
          'content-type': 'application/json',
          ...(revision === 0 ? {} : { 'latest-version-number': String(revision) }),
        },
        body: JSON.stringify(policy),
      });
      if (made.status === 409) return 'conflict';
      if (made.status !== 201) throw refused('store the policy', made);
      if (made.headers.get('version-number') !== String(revision + 1)) return 'conflict';
      if (other !== undefined) {
        const stopped = await call({ method: 'DELETE', path: `${deployments}/${other.DeploymentNumber}` });
        if (stopped.status !== 202) throw refused(`stop deployment ${other.DeploymentNumber}`, stopped);
      }
      await deploy(revision + 1, rollout, policy.version);
      return 'stored';
    },
    effect: (rollout) =>
      rollout === 'staged'
        ? 'in steps of a fifth over ten minutes; an alarm within twenty takes it back'
        : 'within 60 seconds, by the next poll of every function',
  };
}

function refused(what: string, { status, text }: RestAnswer): OpsError {
  return new OpsError(
    `AppConfig refused to ${what} (${status}): ${text}`,
    status === 403
      ? 'Use credentials that may operate the environment.'
      : 'Correct what it says, then give the command again.',
  );
}
