/**
 * Names of the AppConfig resources of the runtime policy, shared by templates, operators' commands and functions.
 */
export interface RuntimePolicyNames {
  readonly application: string;
  readonly environment: string;
  readonly profile: string;
  /** Deployment strategies: `emergency` deploys at once, `staged` step by step while alarms are watched. */
  readonly emergency: string;
  readonly staged: string;
}

/** Returns the names for an environment. */
export function runtimePolicyNames(environment: string): RuntimePolicyNames {
  const application = `gatehouse-${environment}`;
  return {
    application,
    environment,
    profile: 'runtime-policy',
    emergency: `${application}-emergency`,
    staged: `${application}-staged`,
  };
}
