import { createServer } from 'node:http';
import { requireLoopbackHost } from '../../emulators/http/loopback-server.ts';
import { loopback } from '../processes/ports.ts';
import { openSigningKeys, signingAlgorithms } from './signing-keys.ts';

/** An OpenID Connect issuer on loopback: the part that a resource server needs. */
export interface Issuer {
  /** The `iss` of its tokens. */
  readonly url: string;
  readonly jwksUri: string;
  close(): void;
}

/** Serves OpenID Connect Discovery 1.0 and the public keys of the state folder. */
export async function startIssuer(stateFolder: string, port: number): Promise<Issuer> {
  const { publicKeys } = await openSigningKeys(stateFolder);
  const url = `http://${loopback}:${port}`;
  const jwksUri = `${url}/jwks.json`;
  const documents: Readonly<Record<string, unknown>> = {
    '/.well-known/openid-configuration': {
      issuer: url,
      jwks_uri: jwksUri,
      id_token_signing_alg_values_supported: signingAlgorithms,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
    },
    '/jwks.json': { keys: publicKeys },
  };
  const server = createServer(
    requireLoopbackHost((request, response) => {
      const document = documents[request.url ?? ''];
      const status = document === undefined ? 404 : request.method === 'GET' ? 200 : 405;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(status === 200 ? document : { error: 'not_found' }));
    }),
  );
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, loopback, listening);
  });
  return {
    url,
    jwksUri,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
