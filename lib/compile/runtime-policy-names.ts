/** Names by which the templates make what carries the runtime policy, and operators and functions find it. */
export interface RuntimePolicyNames {
  readonly application: string;
  readonly environment: string;
  readonly profile: string;
  /** Deployment strategies: at once, and step by step under the eyes of the alarms. */
  readonly emergency: string;
  readonly staged: string;
}

/** @param environment Name of the gateway's environment. */
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
