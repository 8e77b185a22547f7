import { z } from 'zod';

export const url = z.url({ error: 'Give a full URL with its scheme.' });

export const isLoopback = (hostname: string): boolean => ['127.0.0.1', 'localhost'].includes(hostname);

/** Tokens or user data are sent to this URL, so it must be https, except on a loopback address. */
export const secureUrl = url.refine(
  (value) => value.startsWith('https://') || isLoopback(new URL(value).hostname),
  { error: 'Use https; plain http is allowed for loopback addresses only.' },
);
