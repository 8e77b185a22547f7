import { z } from 'zod';

export const url = z.url({ error: 'Give a full URL with its scheme.' });

export const isLoopback = (hostname: string): boolean => ['127.0.0.1', 'localhost'].includes(hostname);

/** Tokens leave our trust at this address, so it must be https; a laptop's loopback is the exception. */
export const secureUrl = url.refine(
  (value) => value.startsWith('https://') || isLoopback(new URL(value).hostname),
  { error: 'Use https; plain http is for loopback addresses only.' },
);
