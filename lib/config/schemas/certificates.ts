import { z } from 'zod';

/** A certificate of a domain in a region; the edge's are in us-east-1 and have a rule of their own. */
export const regionalCertificateArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/,
    'Give a certificate of ACM in the region of what it is for.',
  );

/** A file of authorities' certificates as PEM, in a bucket. */
export const trustStore = z.strictObject({
  bucket: z.string(),
  key: z.string(),
  version: z.string().optional(),
});
