import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';

/** An image by tag or digest, or a folder with a Dockerfile that the CDK builds when it deploys. */
export type ImageSource =
  | { readonly repository: string; readonly tag: string }
  | { readonly repository: string; readonly digest: string }
  | { readonly folder: string };

/** A registry has a dot or a port in its name; a repository of the account has neither. */
const registry = /^[^/]*[.:][^/]*\//;
const privateRegistry = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/(.+)$/;

/**
 * The container image of a service. Tasks get permission to pull from ECR; images of other registries must be public.
 *
 * @param id of the construct that a repository or a folder needs.
 * @throws {Error} when the folder has no Dockerfile.
 */
export function serviceImage(scope: Construct, id: string, source: ImageSource): ContainerImage {
  if ('folder' in source) {
    const folder = resolve(source.folder);
    if (!existsSync(join(folder, 'Dockerfile'))) {
      throw new Error(
        `The image of ${scope.node.path} has the folder "${source.folder}", which has no Dockerfile. Add one, or correct the folder.`,
      );
    }
    // Tasks run on Graviton.
    return ContainerImage.fromAsset(folder, { platform: Platform.LINUX_ARM64 });
  }
  const { repository } = source;
  const version = 'tag' in source ? source.tag : source.digest;
  const [, account, region, name] = privateRegistry.exec(repository) ?? [];
  if (account !== undefined && name !== undefined) {
    const repositoryArn = `arn:aws:ecr:${region}:${account}:repository/${name}`;
    const images = Repository.fromRepositoryAttributes(scope, id, { repositoryArn, repositoryName: name });
    return ContainerImage.fromEcrRepository(images, version);
  }
  if (registry.test(repository)) {
    return ContainerImage.fromRegistry(`${repository}${'tag' in source ? ':' : '@'}${version}`);
  }
  return ContainerImage.fromEcrRepository(Repository.fromRepositoryName(scope, id, repository), version);
}
