/** The demo clients of a new local run, as items of the clients table. `npm run ops` creates their keys. */
export const demoClients = [
  { clientId: { S: 'acme' }, name: { S: 'Acme Retail' }, plan: { S: 'pro' } },
  { clientId: { S: 'corner-shop' }, name: { S: 'The Corner Shop' }, plan: { S: 'free' } },
] as const;
