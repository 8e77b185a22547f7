import type { WebhookSettings } from '../../lambda/webhooks/contract.ts';
import { type Configuration, webhookRouteKey } from '../config/index.ts';

/** Compiles the webhook senders of the catalogue to the settings of the webhooks function. */
export function compileWebhooks({ catalogue, environment }: Configuration): WebhookSettings {
  const sources = Object.entries(catalogue.webhooks).map(([name, webhook]) => {
    const { format, toleranceSeconds, orderBy, topic } = webhook;
    const secretId = webhookSecretName(environment.name, name);
    return [webhookRouteKey(webhook), { name, format, toleranceSeconds, orderBy, topic, secretId }] as const;
  });
  return { environment: environment.name, sources: Object.fromEntries(sources) };
}

/** Name of the secret with which a sender signs. Fixed, so that the function and operators find it. */
export function webhookSecretName(environment: string, webhook: string): string {
  return `gatehouse/${environment}/webhooks/${webhook}`;
}
