import { z } from 'zod';
import { regionalCertificateArn, trustStore } from './certificates.ts';

/** Domain of the public API behind the edge. */
export const apiSchema = z.strictObject({
  /**
   * A dedicated regional domain, which the edge uses as origin. The default execute-api endpoint is then disabled, so
   * that no request can bypass the edge. Without it, the edge uses the default endpoint and authenticates itself with
   * the origin secret alone.
   */
  domain: z
    .strictObject({
      name: z.hostname({ error: 'Give a host name such as origin.store.example.' }),
      certificateArn: regionalCertificateArn,
      /** Hosted zone of the domain's record. Without it, you create the record yourself. */
      hostedZone: z
        .strictObject({
          id: z.string().min(1, 'Give the zone id.'),
          name: z.hostname({ error: 'Give a host name such as store.example.' }),
        })
        .optional(),
      /**
       * Requires from the edge a client certificate that one of these authorities (PEM) has signed:
       * edge.originClientCertificateArn.
       */
      trustStore: trustStore.optional(),
    })
    .optional(),
});
