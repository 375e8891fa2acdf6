/** One part of a path or pattern. `*` at the end stands for the rest, elsewhere for one part. */
export type PathPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter' }
  | { readonly kind: 'any' };

/**
 * A path without what makes two spellings of it differ: the representation's prefix (`/api`, `/api/v1`), slashes at the
 * ends, the names of parameters (`:id`, `{id}`) and wildcards (`*path`). The database does the same in
 * `supanest.route_key`, where it keeps two rates from being one.
 */
export function routeKey(path: string): string {
  const parts = ('/' + path.replace(/^\/+/, ''))
    .replace(/^\/api(\/v1)?(?=\/|$)/, '')
    .replace(/(?<=\/)(:[^/]*|\{[^/]*\})(?=\/|$)/g, ':')
    .replace(/(?<=\/)\*[^/]*(?=\/|$)/g, '*')
    .replace(/\/+$/, '');
  return parts === '' ? '/' : parts;
}

/** The parts of a pattern or of a route's own pattern. */
export function patternParts(pattern: string): PathPart[] {
  const key = routeKey(pattern);
  if (key === '/') return [];
  return key
    .slice(1)
    .split('/')
    .map((text) =>
      text === ':' ? { kind: 'parameter' } : text === '*' ? { kind: 'any' } : { kind: 'literal', text },
    );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The parts of a path as it was requested, without its query, decoded as the router decodes them. */
export function pathParts(path: string): string[] {
  const parts = path
    .replace(/[?#].*$/s, '')
    .replace(/^\//, '')
    .replace(/\/+$/, '')
    .split('/')
    .map(decode);
  const prefix = parts[0] !== 'api' ? 0 : parts[1] === 'v1' ? 2 : 1;
  const rest = parts.slice(prefix);
  return rest.length === 1 && rest[0] === '' ? [] : rest;
}
