import { BlockList } from 'node:net';
import type { Deployment, Resource } from '../../engine/assembly.ts';
import { type Emulated, readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { type HttpResponse, textResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { EdgeRequest } from '../cloudfront/edge-request.ts';
import { errorPage } from '../cloudfront/error-page.ts';
import { compileStatement } from './statements.ts';
import { type BlockAction, ipSetType, webAclType } from './web-acl-resources.ts';

/** Checks a request before anything else does; returns a response when the request is blocked. */
export type Firewall = (request: EdgeRequest) => HttpResponse | null;

/** How many bytes of a body AWS WAF inspects by default, and at most. */
const defaultInspectedBytes = 16 * 1_024;
export const maxInspectedBytes = 64 * 1_024;

const contentTypes: Readonly<Record<string, string>> = {
  APPLICATION_JSON: 'application/json',
  TEXT_HTML: 'text/html',
  TEXT_PLAIN: 'text/plain',
};

type WebAcl = Emulated<typeof webAclType.emulated>;

/**
 * Compiles the web ACLs of a deployment, by id.
 *
 * @param notice receives one line if there are managed rule groups, because those are AWS's own and are skipped.
 */
export function compileWebAcls(
  deployment: Deployment,
  now: () => number,
  notice: (text: string) => void,
  findings: UnsupportedFeatures,
): ReadonlyMap<string, Firewall> {
  const ipSets = readIpSets(deployment, findings);
  const skipped = new Set<string>();
  const skipManagedGroup = (name: string): void => void skipped.add(name);
  const ipSetOf = (resource: Resource, rule: string) => (reference: string) => {
    const list = ipSets.get(deployment.byReference(reference)?.id ?? '');
    if (list === undefined) {
      findings.add(resource, `Rules ${rule}`, `the IP set ${reference} does not exist in this deployment.`);
    }
    return list;
  };

  const firewalls = new Map(
    readResources(deployment, webAclType, findings).map((acl) => {
      const { resource, properties } = acl;
      const inspectedBytes = inspectedBytesOf(acl);
      const rules = [...properties.Rules]
        .sort((one, other) => one.Priority - other.Priority)
        .flatMap(({ Name, Statement: statement, Action: action = {} }) => {
          const ipSet = ipSetOf(resource, Name);
          const matches = compileStatement(statement, { inspectedBytes, ipSet, skipManagedGroup, now });
          return matches === null ? [] : [{ matches, action }];
        });
      const firewall: Firewall = (request) => {
        for (const { matches, action } of rules) {
          // A Count rule is evaluated too: its rate counter must stay correct.
          if (!matches(request) || action.Count !== undefined) continue;
          return action.Block === undefined ? null : blocked(action.Block, acl, request);
        }
        const { Block } = properties.DefaultAction;
        return Block === undefined ? null : blocked(Block, acl, request);
      };
      return [resource.id, firewall] as const;
    }),
  );
  if (skipped.size > 0) notice(`AWS-managed firewall groups are skipped locally: ${skipped.size}.`);
  return firewalls;
}

function readIpSets(deployment: Deployment, findings: UnsupportedFeatures): ReadonlyMap<string, BlockList> {
  return new Map(
    readResources(deployment, ipSetType, findings).map(({ resource, properties }) => {
      const list = new BlockList();
      for (const range of properties.Addresses) {
        const [address = '', bits = ''] = range.split('/');
        list.addSubnet(address, Number(bits), properties.IPAddressVersion === 'IPV4' ? 'ipv4' : 'ipv6');
      }
      return [resource.id, list] as const;
    }),
  );
}

function inspectedBytesOf({ properties }: WebAcl): number {
  const [inspection] = Object.values(properties.AssociationConfig?.RequestBody ?? {});
  if (inspection === undefined) return defaultInspectedBytes;
  return Number(inspection.DefaultSizeInspectionLimit.slice('KB_'.length)) * 1_024;
}

function blocked(
  { CustomResponse: custom }: BlockAction,
  { properties }: WebAcl,
  request: EdgeRequest,
): HttpResponse {
  if (custom === undefined) return errorPage(403, 'Request blocked.', request.requestId);
  const body = properties.CustomResponseBodies?.[custom.CustomResponseBodyKey ?? ''];
  const answer =
    body === undefined
      ? { status: custom.ResponseCode, headers: new HeaderFields(), body: Buffer.alloc(0) }
      : textResponse(custom.ResponseCode, contentTypes[body.ContentType] ?? 'text/plain', body.Content);
  for (const { Name, Value } of custom.ResponseHeaders ?? []) answer.headers.set(Name, Value);
  return answer;
}
