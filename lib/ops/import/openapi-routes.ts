import { isRecord } from '../../common/is-record.ts';
import { type CatalogueInput, ConfigError, loadCatalogue } from '../../config/index.ts';

/** A route of the catalogue, made from an operation. */
export interface ImportedRoute {
  /** `METHOD /path/{parameter}`. */
  readonly key: string;
  readonly entry: {
    readonly service: string;
    readonly access: string;
    readonly limit: string;
  };
}

export interface ImportedRoutes {
  readonly routes: readonly ImportedRoute[];
  /** What the importer could not decide, or left out; one sentence each, beginning with the operation. */
  readonly open: readonly string[];
}

/** An OpenAPI document whose references are resolved. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

/** The gateway serves HEAD with GET, and OPTIONS by its CORS settings. */
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const segment = /^[A-Za-z0-9._~-]+$/;
const parameter = /^\{([^{}]+)\}$/;
const permission = /^[a-z0-9-]+(:[a-z0-9-]+)+$/;

/**
 * Turns the operations of an OpenAPI 3 document into routes of the catalogue: access by the security requirements, the
 * first limit by address for anonymous callers and the first by user for the others. Every route passes the rules of
 * the catalogue together with those that exist; an operation that does not is left out, with the reason.
 *
 * @param service the service that serves the operations, which may not be in the catalogue yet.
 */
export function importRoutes(
  document: OpenApiDocument,
  service: string,
  catalogue: CatalogueInput,
): ImportedRoutes {
  const open: string[] = [];
  const routes: ImportedRoute[] = [];
  const base = basePath(document);
  if (base.open !== undefined) open.push(base.open);
  const known = withService(catalogue, service);
  if (known !== catalogue) {
    open.push(
      `The catalogue has no service "${service}": add it to services (docs/guides/your-own-service.md).`,
    );
  }
  const found = operationsOf(document);
  open.push(...found.open);
  for (const { method, path, operation } of found.operations) {
    const name = `${method} ${path}`;
    const routePath = readPath(path);
    if (routePath === undefined) {
      open.push(`${name}: left out, because a parameter must be a whole segment of the path. Rewrite it.`);
      continue;
    }
    const access = accessOf(operation['security'] ?? document['security'], document);
    const route: ImportedRoute = {
      key: `${method} ${base.path}${routePath}`,
      entry: { service, access: access.name, limit: limitFor(access.name, catalogue) },
    };
    const refused = faultOf(route, routes, known);
    if (refused === undefined) {
      routes.push(route);
      open.push(...[...access.open, ...questions(operation)].map((text) => `${name}: ${text}`));
    } else open.push(`${name}: left out. ${refused}`);
  }
  return { routes, open };
}

interface Operation {
  /** In capital letters. */
  readonly method: string;
  readonly path: string;
  readonly operation: Readonly<Record<string, unknown>>;
}

/** The operations that the gateway can serve, and what is left out. */
function operationsOf({ paths = {} }: OpenApiDocument) {
  const operations: Operation[] = [];
  const open: string[] = [];
  if (!isRecord(paths)) open.push('paths: left out, because it is not an object. Correct it.');
  for (const [path, item] of Object.entries(isRecord(paths) ? paths : {})) {
    // An extension, not a path.
    if (path.startsWith('x-')) continue;
    if (!path.startsWith('/')) {
      open.push(`${path}: left out, because a path begins with "/". Correct it.`);
    } else if (!isRecord(item) || '$ref' in item) {
      open.push(`${path}: left out, ${unreadable(item)}`);
    } else {
      if ('trace' in item) {
        open.push(`TRACE ${path}: left out, because the gateway does not serve the method.`);
      }
      for (const key of methods) {
        const [method, operation] = [key.toUpperCase(), item[key]];
        if (operation === undefined) continue;
        if (isRecord(operation) && !('$ref' in operation)) operations.push({ method, path, operation });
        else open.push(`${method} ${path}: left out, ${unreadable(operation)}`);
      }
    }
  }
  return { operations, open };
}

/** The path of the first server, with which callers and the service begin every path, and what is unclear about it. */
function basePath(document: OpenApiDocument): { readonly path: string; readonly open?: string } {
  const servers = Array.isArray(document['servers']) ? document['servers'].filter(isRecord) : [];
  if (servers.length === 0) return { path: '' };
  const [path, ...others] = [...new Set(servers.map(serverPath))];
  if (path === undefined || !path.split('/').every((part) => part === '' || segment.test(part))) {
    const url = JSON.stringify(servers[0]?.['url']);
    return {
      path: '',
      open: `servers[0].url: ${url} has no path that a route can begin with. None is added.`,
    };
  }
  if (others.length === 0) return { path };
  return { path, open: `servers: their paths differ. The routes begin with that of the first, "${path}/".` };
}

/** The path of a server's URL without a slash at its end, its variables by their defaults (OpenAPI 3.1, "Server Object"). */
function serverPath({ url, variables }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof url !== 'string') return undefined;
  const defaults = new Map(entriesOf(variables).map(([name, variable]) => [name, variable['default']]));
  const filled = url.replace(/\{([^{}]+)\}/g, (whole: string, name: string) => {
    const value = defaults.get(name);
    return typeof value === 'string' ? value : whole;
  });
  if (!URL.canParse(filled, 'http://localhost')) return undefined;
  return new URL(filled, 'http://localhost').pathname.replace(/\/$/, '');
}

/** Why a part of the document is not read: its reference leads out of the document, or it is not an object. */
function unreadable(value: unknown): string {
  return isRecord(value)
    ? `because ${JSON.stringify(value['$ref'])} is not in the document. Bundle the document into one file first.`
    : 'because it is not an object. Correct it.';
}

/** The path with parameter names that API Gateway takes: letters and digits. Undefined when a segment is mixed. */
function readPath(path: string): string | undefined {
  const segments = path.split('/').map((part) => {
    const [, name] = parameter.exec(part) ?? [];
    if (name !== undefined) return `{${camelCase(name)}}`;
    return part === '' || segment.test(part) ? part : undefined;
  });
  return segments.includes(undefined) ? undefined : segments.join('/');
}

function camelCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const joined = words
    .map((word, index) => (index === 0 ? word : word[0]?.toUpperCase() + word.slice(1)))
    .join('');
  return /^[A-Za-z]/.test(joined) ? joined : `p${joined}`;
}

interface Access {
  readonly name: string;
  readonly open: readonly string[];
}

/** Access of an operation by its security requirements (OpenAPI 3.1, "Security Requirement Object"). */
function accessOf(security: unknown, document: OpenApiDocument): Access {
  if (!Array.isArray(security)) {
    return {
      name: 'authenticated',
      open: [
        'the document states no security. The route needs a credential; make it anonymous if all may call it.',
      ],
    };
  }
  if (security.length === 0) return { name: 'anonymous', open: [] };
  const alternatives = security.filter(isRecord);
  const required = alternatives.filter((alternative) => Object.keys(alternative).length > 0);
  if (required.length < alternatives.length) return { name: 'optional', open: [] };
  const [first = {}] = required;
  const unsupported = Object.keys(first).filter((scheme) => !isSupported(scheme, document));
  const scopes = Object.values(first).flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
  const [scope] = scopes;
  const named = scope === undefined ? undefined : permissionOf(scope);
  return {
    name: named ?? 'authenticated',
    open: [
      ...unsupported.map(
        (scheme) =>
          `callers present "${scheme}", which the gateway does not check. They need a token, an API key or a signature.`,
      ),
      ...(scopes.length > 1
        ? [`all of ${scopes.join(', ')} are required; the route requires ${named ?? 'a credential'} only.`]
        : []),
      ...(required.length > 1 ? ['one of several requirements is enough; the route has the first.'] : []),
      ...(scope !== undefined && named === undefined
        ? [`the scope "${scope}" cannot be a permission ("resource:action").`]
        : []),
      ...(scope !== undefined && named !== undefined && named !== scope
        ? [`the scope "${scope}" became the permission "${named}".`]
        : []),
    ],
  };
}

/** Bearer tokens, OAuth 2.0, OpenID Connect, and API keys in a header. */
function isSupported(scheme: string, document: OpenApiDocument): boolean {
  const { components } = document;
  const schemes = isRecord(components) ? components['securitySchemes'] : undefined;
  const found = isRecord(schemes) ? schemes[scheme] : undefined;
  if (!isRecord(found)) return false;
  const { type } = found;
  if (type === 'http') return String(found['scheme']).toLowerCase() === 'bearer';
  return type === 'oauth2' || type === 'openIdConnect' || (type === 'apiKey' && found['in'] === 'header');
}

function permissionOf(scope: string): string | undefined {
  const text = scope.toLowerCase().replace(/[./_]+/g, ':');
  return permission.test(text) ? text : undefined;
}

/** The first limit that counts such callers. */
function limitFor(access: string, { limits }: CatalogueInput): string {
  const by = access === 'anonymous' ? 'address' : 'user';
  const names = Object.keys(limits);
  return names.find((name) => limits[name]?.by === by) ?? names[0] ?? '';
}

const largeBodies = /^(multipart\/|application\/octet-stream|image\/|video\/|audio\/)/;

/** What an operation says that a route has no default for. */
function questions(operation: Readonly<Record<string, unknown>>): string[] {
  const body = operation['requestBody'];
  const types = isRecord(body) && isRecord(body['content']) ? Object.keys(body['content']) : [];
  const isStream = entriesOf(operation['responses']).some(
    ([, response]) => isRecord(response['content']) && 'text/event-stream' in response['content'],
  );
  return [
    ...(operation['deprecated'] === true ? ['is deprecated: give `deprecation` with its dates.'] : []),
    ...(types.some((type) => largeBodies.test(type))
      ? ['may have a large body: set `maxBodyKiB`, 64 by default.']
      : []),
    ...(isStream ? ['answers with an event stream, which ends at `timeoutSeconds`, 29 at most.'] : []),
  ];
}

/** The catalogue with the service, if it does not have it. */
function withService(catalogue: CatalogueInput, service: string): CatalogueInput {
  if (service in catalogue.services) return catalogue;
  const entry = {
    kind: 'fargate',
    description: 'Imported.',
    image: { repository: service, tag: 'latest' },
    local: { command: [service] },
  } satisfies CatalogueInput['services'][string];
  return { ...catalogue, services: { ...catalogue.services, [service]: entry } };
}

/** Why the catalogue refuses a route beside the others; undefined when it accepts it. */
function faultOf(
  route: ImportedRoute,
  others: readonly ImportedRoute[],
  catalogue: CatalogueInput,
): string | undefined {
  if (route.key in catalogue.routes || others.some(({ key }) => key === route.key)) {
    return 'The catalogue or the document has the route already.';
  }
  const added = Object.fromEntries([...others, route].map(({ key, entry }) => [key, entry]));
  try {
    loadCatalogue({ ...catalogue, routes: { ...catalogue.routes, ...added } });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll('\n', ' ');
  }
}

function entriesOf(value: unknown): (readonly [string, Readonly<Record<string, unknown>>])[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => (isRecord(inner) ? [[key, inner] as const] : []));
}
