import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { nested, readResources, resourceType } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';

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

const action = z.array(nested({ Uri: z.string() }, ['Name', 'Description', 'RoleArn']));

const extensionType = resourceType({
  type: 'AWS::AppConfig::Extension',
  emulated: {
    Actions: nested({ ON_DEPLOYMENT_COMPLETE: action.default([]) }, [
      // A document that is valid is deployed at once, and nothing takes it back.
      'ON_DEPLOYMENT_ROLLED_BACK',
    ]),
  },
  ignored: { Name: 'a name', Description: 'words', Tags: 'labels' },
});

const extensionAssociationType = resourceType({
  type: 'AWS::AppConfig::ExtensionAssociation',
  emulated: { ExtensionIdentifier: z.string(), ResourceIdentifier: z.string() },
  ignored: { ExtensionVersionNumber: 'there is one', Tags: 'labels' },
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
  /** References to the functions that are told of each document that is deployed. */
  readonly notifiedFunctions: readonly string[];
}

/**
 * Reads AppConfig's resources.
 *
 * @throws {UnsupportedError} when one of them asks for what is not emulated, or when there is not one configuration.
 */
export function readConfiguration(deployment: Deployment): Configuration {
  const findings = new UnsupportedFeatures();
  const [application, ...otherApplications] = readResources(deployment, applicationType, findings);
  const [environment, ...otherEnvironments] = readResources(deployment, environmentType, findings);
  const [profile, ...otherProfiles] = readResources(deployment, profileType, findings);
  const extensions = readResources(deployment, extensionType, findings);
  const notifiedFunctions = readResources(deployment, extensionAssociationType, findings).flatMap(
    ({ properties }) => {
      const extension = deployment.byReference(properties.ExtensionIdentifier);
      return extensions
        .filter(({ resource }) => resource.id === extension?.id)
        .flatMap(({ properties: { Actions } }) => Actions.ON_DEPLOYMENT_COMPLETE.map(({ Uri }) => Uri));
    },
  );
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
    notifiedFunctions,
  };
}
