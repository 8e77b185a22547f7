/** What signs calls to the AWS APIs that a local run serves: they ask for a signature and check none. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local', region: 'eu-west-1' };
