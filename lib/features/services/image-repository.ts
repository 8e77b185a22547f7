import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Repository, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import { pinLogicalId } from '../common/logical-id.ts';

export interface ImageRepositoryProps {
  /** Fixed, because builds push to it by name. */
  readonly name: string;
  /** `DESTROY` deletes the images with the repository. */
  readonly removalPolicy: RemovalPolicy;
}

/** The repository of the services' images: immutable tags, scan on push and a lifecycle policy. */
export class ImageRepository extends Construct {
  readonly repository: Repository;

  constructor(scope: Construct, id: string, { name, removalPolicy }: ImageRepositoryProps) {
    super(scope, id);
    this.repository = new Repository(this, 'Repository', {
      repositoryName: name,
      imageScanOnPush: true,
      // A tag names one image for ever, so that a roll-back to a tag runs what ran before.
      imageTagMutability: TagMutability.IMMUTABLE,
      lifecycleRules: [
        { description: 'Replaced images', tagStatus: TagStatus.UNTAGGED, maxImageAge: Duration.days(30) },
        { description: 'The latest images', maxImageCount: 100 },
      ],
      removalPolicy,
      emptyOnDelete: removalPolicy === RemovalPolicy.DESTROY,
    });
    pinLogicalId(this.repository, 'ShopImages');
  }
}
