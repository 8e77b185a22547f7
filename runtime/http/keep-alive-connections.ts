import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';

/**
 * Connections to one endpoint that are kept open between calls, for work with many calls: a handshake takes
 * longer than a call.
 */
export function keepAliveConnections(endpoint: string): PlainAgent {
  const connections = { keepAlive: true, maxSockets: 64 };
  return endpoint.startsWith('https:') ? new SecureAgent(connections) : new PlainAgent(connections);
}
