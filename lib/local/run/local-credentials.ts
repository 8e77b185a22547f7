/** Credentials for the emulated AWS APIs, which require a signature but do not verify it. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local', region: 'eu-west-1' };
