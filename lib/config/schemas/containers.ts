import { z } from 'zod';

/** The roles of the shop's image (`services/runner/roles.ts`); a test compares the two lists. */
export const shopRoles = [
  'product',
  'user',
  'order',
  'inventory',
  'payment',
  'review',
  'recommendation',
  'carrier',
] as const;

const repository = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]*(:\d{1,5})?(\/[a-z0-9][a-z0-9._-]*)*$/,
    'Give an ECR repository of the account ("reviews"), or a registry and a repository ("public.ecr.aws/nginx/nginx"), in lower case and without a tag.',
  );

/**
 * A container image that is not the shop's: of a repository, by tag or digest, or built from a folder with a Dockerfile
 * when the CDK deploys. Names follow the OCI distribution specification.
 */
export const ownImage = z.union([
  z.strictObject({
    repository,
    tag: z.string().regex(/^\w[\w.-]{0,127}$/, 'Give a tag: letters, digits, ".", "_" and "-", at most 128.'),
  }),
  z.strictObject({
    repository,
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'Give a digest: "sha256:" and 64 hexadecimal digits.'),
  }),
  z.strictObject({
    /** Relative to the folder of `cdk.json`. */
    folder: z
      .string()
      .regex(/^[\w.-]+(\/[\w.-]+)*$/, 'Give a folder with a Dockerfile, relative to the folder of cdk.json.'),
  }),
]);

/** What answers for an own service in the local run, which starts no containers. */
export const localProgram = z.union([
  /** A program and its arguments. It listens on the variable `PORT`, and runs in the folder of `cdk.json`. */
  z.strictObject({ command: z.array(z.string()).min(1, 'Give the program and its arguments.') }),
  /** A server that runs already. */
  z.strictObject({
    url: z
      .string()
      .regex(/^http:\/\/[a-z0-9.-]+:\d{1,5}$/, 'Give scheme, host and port: "http://127.0.0.1:9000".'),
  }),
]);

/** Environment variables with values that are not secret. */
export const variables = z
  .record(
    z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'Name a variable in capital letters.'),
    z.string({ error: 'Give a text.' }),
  )
  .default({});
