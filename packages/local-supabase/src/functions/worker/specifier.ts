/** What an import refers to: a package, one of the runtime's own modules, a file of the web, or as it stands. */
export type Target =
  /** `range` is what follows the name's `@`: a range of versions, a tag, or empty. */
  | { readonly kind: 'package'; readonly specifier: string; readonly name: string; readonly range: string }
  | { readonly kind: 'own'; readonly module: 'http-server' | 'types' }
  | { readonly kind: 'remote'; readonly url: string }
  | { readonly kind: 'other'; readonly specifier: string }
  | { readonly kind: 'unreadable'; readonly specifier: string };

const PACKAGE = /^\/?((?:@[^/@]+\/)?[^/@?]+)(?:@([^/?]*))?(\/[^?]*)?(?:\?.*)?$/;
const CDN =
  /^https:\/\/(?:esm\.sh|esm\.run|cdn\.skypack\.dev|cdn\.jsdelivr\.net\/npm|unpkg\.com)\/(?:v\d+\/|stable\/|pr\/[^/]+\/[^/@]+\/)?\*?/;
/** What a CDN has built from elsewhere, or for one kind of runtime: no file of a package. */
const BUILT_BY_CDN =
  /^https:\/\/(?:esm\.sh|cdn\.skypack\.dev)\/(?:gh\/|jsr\/|-\/|.*@\d[^/]*\/(?:X-[^/]+\/)?(?:es20\d\d|esnext|denonext|deno|node)\/)/;
const STD_HTTP = /^https:\/\/deno\.land\/std(?:@[^/]+)?\/http\/(?:server|mod)\.ts$/;

/**
 * Tells what an import means.
 * @param parent the address of the module that imports: what a CDN serves refers to what that CDN serves
 */
export function readSpecifier(specifier: string, parent = ''): Target {
  if (specifier.startsWith('npm:')) return asPackage(specifier.slice(4), specifier);
  if (specifier.startsWith('jsr:')) return asJsr(specifier.slice(4), specifier);
  if (!/^https?:/.test(specifier)) return { kind: 'other', specifier };
  if (STD_HTTP.test(specifier)) return { kind: 'own', module: 'http-server' };
  if (specifier.endsWith('.d.ts')) return { kind: 'own', module: 'types' };
  const cdn = CDN.exec(specifier)?.[0];
  if (cdn === undefined || BUILT_BY_CDN.test(specifier) || isOfSameHost(specifier, parent)) {
    return { kind: 'remote', url: specifier };
  }
  const target = asPackage(specifier.slice(cdn.length), specifier);
  // After a pull request's address there is the name of a commit.
  return target.kind === 'package' && cdn.includes('/pr/') ? { ...target, range: '' } : target;
}

/** The package of a name that is written without any prefix: `hono/cors`. */
export function readBareName(specifier: string): Target {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
  return name === undefined
    ? { kind: 'unreadable', specifier }
    : { kind: 'package', name, range: '', specifier };
}

function asPackage(path: string, original: string): Target {
  const [, name, range = '', subPath = ''] = PACKAGE.exec(path) ?? [];
  if (name === undefined) return { kind: 'unreadable', specifier: original };
  // An entry file of a CDN is the package itself.
  const own = /^\/(?:\+esm|mod\.ts)?$/.test(subPath) ? '' : subPath;
  return { kind: 'package', name, range: decoded(range), specifier: name + own };
}

/** Supabase's packages are on npm under the same names; others are on JSR's own npm registry under @jsr. */
function asJsr(path: string, original: string): Target {
  if (path.endsWith('.d.ts')) return { kind: 'own', module: 'types' };
  if (/^\/?@supabase\//.test(path)) return asPackage(path, original);
  if (!/^\/?@[^/]+\/[^/@]+/.test(path)) return { kind: 'unreadable', specifier: original };
  return asPackage(path.replace(/^\/?@([^/]+)\/([^/@]+)/, '@jsr/$1__$2'), original);
}

const isOfSameHost = (specifier: string, parent: string): boolean =>
  /^https?:/.test(parent) && new URL(parent).host === URL.parse(specifier)?.host;

/** `^` and its like are escaped in addresses. */
function decoded(range: string): string {
  try {
    return decodeURIComponent(range);
  } catch {
    return range;
  }
}
