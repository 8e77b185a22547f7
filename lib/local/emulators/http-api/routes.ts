/** A parsed route key of an HTTP API. */
interface Pattern {
  readonly method: string;
  readonly segments: readonly Segment[];
  readonly greedy: boolean;
}

type Segment =
  | { readonly kind: 'static'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  /** Matches one or more segments; always the last segment of a pattern. */
  | { readonly kind: 'greedy'; readonly name: string };

export interface RouteMatch<T> {
  readonly route: T;
  /** Percent-decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * Compiles a route table. A full match has priority over a greedy match, and that over `$default`; a static segment over a
 * variable; a method over `ANY` ("Routing API requests", API Gateway guide).
 *
 * @param routes by route key: `GET /pets/{id}`, `ANY /{proxy+}`, `$default`.
 */
export function compileRoutes<T>(
  routes: Readonly<Record<string, T>>,
): (method: string, path: string) => RouteMatch<T> | null {
  const byDefault = routes['$default'];
  const table = Object.entries(routes)
    .filter(([key]) => key !== '$default')
    .map(([key, route]) => ({ route, pattern: parseRouteKey(key) }))
    .sort((one, other) => (rank(one.pattern) < rank(other.pattern) ? -1 : 1));
  return (method, path) => {
    const segments = path.split('/').slice(1).map(decode);
    for (const { route, pattern } of table) {
      if (pattern.method !== 'ANY' && pattern.method !== method) continue;
      const pathParameters = matchSegments(pattern, segments);
      if (pathParameters !== null) return { route, pathParameters };
    }
    return byDefault === undefined ? null : { route: byDefault, pathParameters: {} };
  };
}

function parseRouteKey(key: string): Pattern {
  const space = key.indexOf(' ');
  const segments = key
    .slice(space + 1)
    .split('/')
    .slice(1)
    .map((text): Segment => {
      const [, name = '', plus] = /^\{([^{}+]+)(\+)?\}$/.exec(text) ?? [];
      if (name === '') return { kind: 'static', text };
      return { kind: plus === undefined ? 'variable' : 'greedy', name };
    });
  return { method: key.slice(0, space), segments, greedy: segments.at(-1)?.kind === 'greedy' };
}

/** A sort key: more specific patterns sort first. */
function rank({ method, segments, greedy }: Pattern): string {
  const order = { static: '0', variable: '1', greedy: '2' } as const;
  const path = segments.map(({ kind }) => order[kind]).join('');
  return `${greedy ? '1' : '0'}${path}${method === 'ANY' ? '4' : '3'}`;
}

function matchSegments(pattern: Pattern, segments: readonly string[]): Record<string, string> | null {
  const { segments: wanted, greedy } = pattern;
  if (greedy ? segments.length < wanted.length : segments.length !== wanted.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const text = segments[index] ?? '';
    switch (segment.kind) {
      case 'static':
        if (segment.text !== text) return null;
        break;
      case 'variable':
        if (text === '') return null;
        parameters[segment.name] = text;
        break;
      case 'greedy': {
        const rest = segments.slice(index).join('/');
        if (rest === '') return null;
        parameters[segment.name] = rest;
        break;
      }
      default:
        return segment satisfies never;
    }
  }
  return parameters;
}

/** Decodes a segment; an invalid escape sequence stays unchanged. */
function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
