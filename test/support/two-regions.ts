import { prod } from '../../lib/config/environments/prod.ts';
import type { EnvironmentInput } from '../../lib/config/index.ts';

/** ARN of the certificate of a region's API domain. */
export const certificate = (region: string) => `arn:aws:acm:${region}:111122223333:certificate/origin`;

/** A second region for `prod`. */
export const frankfurt = {
  region: 'eu-central-1',
  availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
  network: { cidr: '10.41.0.0/16', natGateways: 3 },
  apiCertificateArn: certificate('eu-central-1'),
  services: { ...prod.services, imageTag: 'frankfurt' },
};

/** The API domain that several regions need. */
export const domain = {
  name: 'origin.store.example',
  certificateArn: certificate('eu-west-1'),
  hostedZone: { id: 'Z0123456789ABCDEFGHIJ', name: 'store.example' },
};

/** Overrides that add the second region to `prod`. */
export const twoRegions: Partial<EnvironmentInput> = {
  api: { domain },
  regions: [frankfurt],
};

/** A database that every region writes to. */
export const sharedDatabase = {
  kind: 'existing',
  url: 'postgresql://shop@orders.global.example:5432/shop',
} as const;
