/** Clients that every new local run knows, as items of the clients' table. Their keys are made by `npm run ops`. */
export const demoClients = [
  { clientId: { S: 'acme' }, name: { S: 'Acme Retail' }, plan: { S: 'pro' } },
  { clientId: { S: 'corner-shop' }, name: { S: 'The Corner Shop' }, plan: { S: 'free' } },
] as const;
