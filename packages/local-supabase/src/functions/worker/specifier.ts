/** What an import refers to: a package that has to be installed, one of the runtime's own modules, or as it stands. */
export type Target =
  | { readonly kind: 'package'; readonly specifier: string; readonly name: string }
  | { readonly kind: 'own'; readonly module: 'http-server' | 'types' }
  | { readonly kind: 'remote'; readonly url: string }
  | { readonly kind: 'other'; readonly specifier: string };

const PACKAGE = /^\/?((?:@[^/@]+\/)?[^/@?]+)(?:@[^/?]*)?(\/[^?]*)?(?:\?.*)?$/;
const CDN =
  /^https:\/\/(?:esm\.sh|esm\.run|cdn\.skypack\.dev|cdn\.jsdelivr\.net\/npm|unpkg\.com)\/(?:v\d+\/|stable\/|pr\/[^/]+\/[^/@]+\/)?/;
const STD_HTTP = /^https:\/\/deno\.land\/std(?:@[^/]+)?\/http\/(?:server|mod)\.ts$/;

/** Tells what an import means. Versions are not looked at: what is installed counts. */
export function readSpecifier(specifier: string): Target {
  if (specifier.startsWith('npm:')) return asPackage(specifier.slice(4), specifier);
  if (specifier.startsWith('jsr:')) return asJsr(specifier.slice(4), specifier);
  if (STD_HTTP.test(specifier)) return { kind: 'own', module: 'http-server' };
  if (/^https?:.*\.d\.ts$/.test(specifier)) return { kind: 'own', module: 'types' };
  if (CDN.test(specifier)) return asPackage(specifier.replace(CDN, ''), specifier);
  if (/^https?:/.test(specifier)) return { kind: 'remote', url: specifier };
  return { kind: 'other', specifier };
}

function asPackage(path: string, original: string): Target {
  const [, name, subPath = ''] = PACKAGE.exec(path) ?? [];
  if (name === undefined) return { kind: 'remote', url: original };
  // An entry file of a CDN is the package itself.
  const own = /^\/(?:\+esm|mod\.ts)?$/.test(subPath) ? '' : subPath;
  return { kind: 'package', name, specifier: name + own };
}

/** Supabase's packages are on npm under the same names; others are on JSR's own npm registry under @jsr. */
function asJsr(path: string, original: string): Target {
  if (path.endsWith('.d.ts')) return { kind: 'own', module: 'types' };
  if (/^\/?@supabase\//.test(path)) return asPackage(path, original);
  return asPackage(path.replace(/^\/?@([^/]+)\/([^/@]+)/, '@jsr/$1__$2'), original);
}
