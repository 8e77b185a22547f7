import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';

/** Connections to one endpoint that are kept between calls, for work of many calls: a handshake costs more than a call. */
export function keepAliveConnections(endpoint: string): PlainAgent {
  const connections = { keepAlive: true, maxSockets: 64 };
  return endpoint.startsWith('https:') ? new SecureAgent(connections) : new PlainAgent(connections);
}
