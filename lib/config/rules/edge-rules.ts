import type { Fault } from '../config-error.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';

/** What an environment's edge names and nobody has, or has twice. */
export function edgeFaults(catalogue: Catalogue, environment: Environment): Fault[] {
  const root = `environments/${environment.name}.edge`;
  const { firewall, static: files } = environment.edge;
  const unknownLists = (['allow', 'block'] as const).flatMap((entry) =>
    firewall[entry]
      .filter((list) => (environment.addressLists[list] ?? []).length === 0)
      .map((list) => ({
        entry: `${root}.firewall.${entry}`,
        fault: `names the address list "${list}", which is not there or empty.`,
        remedy: 'Add ranges under that name to addressLists, or take the name out.',
      })),
  );
  const paths = Object.keys(catalogue.routes).map((key) => key.slice(key.indexOf(' ') + 1));
  const shadowed = (files?.pathPrefixes ?? [])
    .filter((prefix) => paths.some((path) => path.startsWith(prefix)))
    .map((prefix) => ({
      entry: `${root}.static.pathPrefixes`,
      fault: `has "${prefix}", below which the catalogue has routes that would not be reached.`,
      remedy: 'Choose another prefix for the files.',
    }));
  return [...unknownLists, ...shadowed, ...originFaults(environment)];
}

/** The edge and the API's own name must agree on who shows a certificate and who asks for one. */
function originFaults({ name, edge, api: { domain } }: Environment): Fault[] {
  const faults: Fault[] = [];
  const asksFor = domain?.trustStore !== undefined;
  if (edge.originClientCertificateArn !== undefined && !asksFor) {
    faults.push({
      entry: `environments/${name}.edge.originClientCertificateArn`,
      fault: 'shows a certificate that nobody asks for.',
      remedy: 'Give api.domain with a trustStore, or take it out.',
    });
  }
  if (asksFor && edge.originClientCertificateArn === undefined) {
    faults.push({
      entry: `environments/${name}.api.domain.trustStore`,
      fault: 'asks for a certificate that the edge does not show, so that no call would get through.',
      remedy: 'Give edge.originClientCertificateArn, or take it out.',
    });
  }
  if (domain !== undefined && domain.name === edge.domain?.name) {
    faults.push({
      entry: `environments/${name}.api.domain.name`,
      fault: 'is the name of the edge, too, which would ask itself.',
      remedy: 'Choose another, such as origin.store.example.',
    });
  }
  return faults;
}
