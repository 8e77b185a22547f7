import { z } from 'zod';

export const url = z.url({ error: 'Give a full URL with its scheme.' });

const isLoopback = (hostname: string): boolean => ['127.0.0.1', 'localhost'].includes(hostname);

/** Zod evaluates a refinement of a text that is not a URL, too. */
export const parsedUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** Whether a URL names this machine; another text does not. */
export const isLoopbackUrl = (text: string): boolean => isLoopback(parsedUrl(text)?.hostname ?? '');

/** Tokens or user data are sent to this URL, so it must be https, except on a loopback address. */
export const secureUrl = url.refine(
  (value) => parsedUrl(value) === undefined || value.startsWith('https://') || isLoopbackUrl(value),
  {
    error: 'Use https; plain http is allowed for loopback addresses only.',
  },
);
