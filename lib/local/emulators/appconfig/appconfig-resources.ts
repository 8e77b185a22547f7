import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { nested, readResources, resourceType } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';

const applicationType = resourceType({
  type: 'AWS::AppConfig::Application',
  emulated: { Name: z.string() },
  ignored: { Description: 'descriptive text has no effect locally', Tags: 'tags have no effect locally' },
});

const environmentType = resourceType({
  type: 'AWS::AppConfig::Environment',
  emulated: { ApplicationId: z.string(), Name: z.string() },
  ignored: {
    Description: 'descriptive text has no effect locally',
    Monitors: 'the local run has no alarms and deploys a document at once',
    Tags: 'tags have no effect locally',
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
  ignored: { Description: 'descriptive text has no effect locally', Tags: 'tags have no effect locally' },
});

const action = z.array(nested({ Uri: z.string() }, ['Name', 'Description', 'RoleArn']));

const extensionType = resourceType({
  type: 'AWS::AppConfig::Extension',
  emulated: {
    Actions: nested({ ON_DEPLOYMENT_COMPLETE: action.default([]) }, [
      // A valid document is deployed at once and never rolled back.
      'ON_DEPLOYMENT_ROLLED_BACK',
    ]),
  },
  ignored: {
    Name: 'the name has no effect locally',
    Description: 'descriptive text has no effect locally',
    Tags: 'tags have no effect locally',
  },
});

const extensionAssociationType = resourceType({
  type: 'AWS::AppConfig::ExtensionAssociation',
  emulated: { ExtensionIdentifier: z.string(), ResourceIdentifier: z.string() },
  ignored: {
    ExtensionVersionNumber: 'the local run has one version of an extension',
    Tags: 'tags have no effect locally',
  },
});

/** The configuration of the templates, with the names and ids that clients use. */
export interface Configuration {
  readonly application: readonly string[];
  readonly environment: readonly string[];
  readonly profile: readonly string[];
  /**
   * References to the validator functions. The JSON schema is not checked: the function is stricter and names the
   * error.
   */
  readonly validators: readonly string[];
  /** References to the functions that AppConfig invokes after each deployment. */
  readonly notified: readonly string[];
}

/**
 * Reads AppConfig's resources.
 *
 * @throws {UnsupportedError} when a property is not emulated, or when there is not exactly one configuration.
 */
export function readConfiguration(deployment: Deployment): Configuration {
  const findings = new UnsupportedFeatures();
  const [application, ...otherApplications] = readResources(deployment, applicationType, findings);
  const [environment, ...otherEnvironments] = readResources(deployment, environmentType, findings);
  const [profile, ...otherProfiles] = readResources(deployment, profileType, findings);
  const extensions = readResources(deployment, extensionType, findings);
  const notified = readResources(deployment, extensionAssociationType, findings).flatMap(({ properties }) => {
    const extension = deployment.byReference(properties.ExtensionIdentifier);
    return extensions
      .filter(({ resource }) => resource.id === extension?.id)
      .flatMap(({ properties: { Actions } }) => Actions.ON_DEPLOYMENT_COMPLETE.map(({ Uri }) => Uri));
  });
  for (const { resource } of [...otherApplications, ...otherEnvironments, ...otherProfiles]) {
    findings.add(resource, '', 'a second configuration is not emulated.');
  }
  findings.throwIfAny();
  if (application === undefined || environment === undefined || profile === undefined) {
    throw new Error(
      'The templates do not contain an AppConfig profile for the runtime policy. Add the policy stack.',
    );
  }
  const names = ({ resource, properties }: typeof application) => [resource.id, properties.Name];
  return {
    application: names(application),
    environment: names(environment),
    profile: names(profile),
    validators: profile.properties.Validators.flatMap(({ Type, Content }) =>
      Type === 'LAMBDA' ? [Content] : [],
    ),
    notified,
  };
}
