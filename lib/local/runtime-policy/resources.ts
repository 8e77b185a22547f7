import { z } from 'zod';
import type { Deployment } from '../assembly.ts';
import { readResources, resourceType } from '../emulation/resource-type.ts';
import { Findings } from '../emulation/unsupported.ts';

const applicationType = resourceType({
  type: 'AWS::AppConfig::Application',
  emulated: { Name: z.string() },
  ignored: { Description: 'words', Tags: 'labels' },
});

const environmentType = resourceType({
  type: 'AWS::AppConfig::Environment',
  emulated: { ApplicationId: z.string(), Name: z.string() },
  ignored: {
    Description: 'words',
    Monitors: 'there are no alarms, and a document is deployed at once',
    Tags: 'labels',
  },
});

const validator = z.discriminatedUnion('Type', [
  z.strictObject({ Type: z.literal('JSON_SCHEMA'), Content: z.string() }),
  z.strictObject({ Type: z.literal('LAMBDA'), Content: z.string() }),
]);

const profileType = resourceType({
  type: 'AWS::AppConfig::ConfigurationProfile',
  emulated: {
    ApplicationId: z.string(),
    Name: z.string(),
    LocationUri: z.literal('hosted'),
    Type: z.literal('AWS.Freeform'),
    Validators: z.array(validator).default([]),
  },
  ignored: { Description: 'words', Tags: 'labels' },
});

/** One configuration of the templates, by every name and id that a client may ask for it. */
export interface Configuration {
  readonly application: readonly string[];
  readonly environment: readonly string[];
  readonly profile: readonly string[];
  /**
   * References to the functions that validate it. Its schema is not judged: the function is stricter, and says where
   * the fault is.
   */
  readonly validators: readonly string[];
}

/**
 * Reads AppConfig's resources.
 *
 * @throws {UnsupportedError} when one of them asks for what is not emulated, or when there is not one configuration.
 */
export function readConfiguration(deployment: Deployment): Configuration {
  const findings = new Findings();
  const [application, ...otherApplications] = readResources(deployment, applicationType, findings);
  const [environment, ...otherEnvironments] = readResources(deployment, environmentType, findings);
  const [profile, ...otherProfiles] = readResources(deployment, profileType, findings);
  for (const { resource } of [...otherApplications, ...otherEnvironments, ...otherProfiles]) {
    findings.add(resource, '', 'is one more than is emulated.');
  }
  findings.throwIfAny();
  if (application === undefined || environment === undefined || profile === undefined) {
    throw new Error('The templates have no AppConfig profile for the runtime policy. Add the policy stack.');
  }
  const names = ({ resource, properties }: typeof application) => [resource.id, properties.Name];
  return {
    application: names(application),
    environment: names(environment),
    profile: names(profile),
    validators: profile.properties.Validators.flatMap(({ Type, Content }) =>
      Type === 'LAMBDA' ? [Content] : [],
    ),
  };
}
