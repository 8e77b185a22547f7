import { z } from 'zod';
import { regionalCertificateArn, trustStore } from './certificates.ts';

/** Where the public API is, behind the edge. */
export const apiSchema = z.strictObject({
  /**
   * A name of its own in the region, which the edge then asks for; the one that AWS gives is switched off, so that no way
   * leads around the edge. Left out, the edge asks for AWS's name, and the origin secret alone proves the edge.
   */
  domain: z
    .strictObject({
      name: z.hostname({ error: 'Give a host name such as origin.store.example.' }),
      certificateArn: regionalCertificateArn,
      /** Where the name is to be entered. Left out, somebody else sees to it. */
      hostedZone: z
        .strictObject({
          id: z.string().min(1, 'Give the zone id.'),
          name: z.hostname({ error: 'Give a host name such as store.example.' }),
        })
        .optional(),
      /** Asks the edge for a certificate that one of these authorities (PEM) has signed: edge.originClientCertificateArn. */
      trustStore: trustStore.optional(),
    })
    .optional(),
});
