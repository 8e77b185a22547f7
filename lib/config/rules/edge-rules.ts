import type { Fault } from '../config-error.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';

/** Checks the address lists, path prefixes and origin of an environment's edge. */
export function edgeFaults(environment: Environment, catalogue: Catalogue): Fault[] {
  const root = `environments/${environment.name}.edge`;
  const { firewall, static: files } = environment.edge;
  const unknownLists = (['allow', 'block'] as const).flatMap((entry) =>
    firewall[entry]
      .filter((list) => (environment.addressLists[list] ?? []).length === 0)
      .map((list) => ({
        entry: `${root}.firewall.${entry}`,
        fault: `names the address list "${list}", which does not exist or is empty.`,
        remedy: 'Add ranges under that name to addressLists, or remove the name.',
      })),
  );
  const paths = Object.keys(catalogue.routes).map((key) => key.slice(key.indexOf(' ') + 1));
  const shadowed = (files?.pathPrefixes ?? [])
    .filter((prefix) => paths.some((path) => path.startsWith(prefix)))
    .map((prefix) => ({
      entry: `${root}.static.pathPrefixes`,
      fault: `has "${prefix}", which hides routes of the catalogue.`,
      remedy: 'Choose another prefix for the files.',
    }));
  return [...unknownLists, ...shadowed];
}

/** The edge must present a client certificate exactly if the API domain requires one. */
export function originFaults({ name, edge, api: { domain } }: Environment): Fault[] {
  const faults: Fault[] = [];
  const asksFor = domain?.trustStore !== undefined;
  if (edge.originClientCertificateArn !== undefined && !asksFor) {
    faults.push({
      entry: `environments/${name}.edge.originClientCertificateArn`,
      fault: 'is a client certificate that the API domain does not require.',
      remedy: 'Set trustStore in api.domain, or remove the certificate.',
    });
  }
  if (asksFor && edge.originClientCertificateArn === undefined) {
    faults.push({
      entry: `environments/${name}.api.domain.trustStore`,
      fault: 'requires a client certificate that the edge does not present, so every call would fail.',
      remedy: 'Set edge.originClientCertificateArn, or remove the trust store.',
    });
  }
  if (domain !== undefined && domain.name === edge.domain?.name) {
    faults.push({
      entry: `environments/${name}.api.domain.name`,
      fault: 'is also the domain of the edge, which would call itself.',
      remedy: 'Choose another domain, such as origin.store.example.',
    });
  }
  return faults;
}
