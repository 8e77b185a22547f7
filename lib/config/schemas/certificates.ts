import { z } from 'zod';

/**
 * ARN of a certificate in the region of its domain. Certificates of the edge are in us-east-1 and have a separate
 * schema.
 */
export const regionalCertificateArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/,
    'Give the ARN of an ACM certificate in the region of the resource that uses it.',
  );

/** An S3 object with the certificates of authorities as PEM. */
export const trustStore = z.strictObject({
  bucket: z.string(),
  key: z.string(),
  version: z.string().optional(),
});
