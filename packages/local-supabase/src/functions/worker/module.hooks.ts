import { readFileSync } from 'node:fs';
import { findPackageJSON, registerHooks, stripTypeScriptTypes } from 'node:module';
import type { ResolveFnOutput, ResolveHookContext } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ImportMap } from './import.map.ts';
import { readSpecifier } from './specifier.ts';

type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;

const OWN_MODULES = {
  'http-server': new URL('./std.http.server.ts', import.meta.url).href,
  types: 'data:text/javascript,export {}',
};

/** Lets functions import as on Deno: TypeScript, `npm:`, `jsr:` and CDN addresses of installed packages, import maps. */
export function registerModuleHooks(
  importMap: ImportMap,
  packageRoots: readonly string[],
  loaded: (path: string) => void,
): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const inPackage = context.parentURL?.includes('/node_modules/') ?? false;
      // Packages resolve as they always do; the hooks are for the function's own files.
      if (inPackage) return nextResolve(specifier, context);
      return resolve(importMap.resolve(specifier), context, nextResolve, packageRoots);
    },
    load(url, context, nextLoad) {
      if (!url.startsWith('file:') || url.includes('/node_modules/')) return nextLoad(url, context);
      const path = fileURLToPath(url);
      if (!Object.values(OWN_MODULES).includes(url)) loaded(path);
      if (/\.m?ts$/.test(path)) {
        const source = readFileSync(path, 'utf8');
        return { format: 'module', shortCircuit: true, source: toJavaScript(source, path) };
      }
      // Without a package.json that says otherwise: functions are modules.
      return path.endsWith('.js') ? nextLoad(url, { ...context, format: 'module' }) : nextLoad(url, context);
    },
  });
}

function toJavaScript(source: string, path: string): string {
  try {
    return stripTypeScriptTypes(source, { mode: 'transform', sourceMap: true, sourceUrl: path });
  } catch (error) {
    throw new SyntaxError(`${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function resolve(
  specifier: string,
  context: ResolveHookContext,
  next: NextResolve,
  packageRoots: readonly string[],
): ResolveFnOutput {
  const target = readSpecifier(specifier);
  if (target.kind === 'own') return { url: OWN_MODULES[target.module], shortCircuit: true };
  if (target.kind === 'package')
    return resolvePackage(target.specifier, target.name, context, next, packageRoots);
  if (target.kind === 'remote') {
    throw new Error(
      `"${target.url}" cannot be imported: code is not fetched from the network here. Install an npm package and map the address to "npm:<package>" in deno.json.`,
    );
  }
  if (/^(?:[./]|[a-z][a-z+.-]*:)/.test(specifier)) return next(specifier, context);
  return resolvePackage(specifier, specifier, context, next, packageRoots);
}

function resolvePackage(
  specifier: string,
  name: string,
  context: ResolveHookContext,
  next: NextResolve,
  packageRoots: readonly string[],
): ResolveFnOutput {
  const parents = [
    context.parentURL,
    ...packageRoots.map((root) => pathToFileURL(join(root, 'index.js')).href),
  ];
  let missing: unknown;
  for (const parentURL of parents) {
    try {
      return next(specifier, { ...context, parentURL });
    } catch (error) {
      if (isNotExported(error)) return { url: fileOf(specifier, name, parentURL), shortCircuit: true };
      if (!isMissing(error)) throw error;
      missing = error;
    }
  }
  throw new Error(`The package "${name}" is not installed. Add it to your project: npm install ${name}`, {
    cause: missing,
  });
}

const isMissing = (error: unknown): boolean => hasCode(error, 'ERR_MODULE_NOT_FOUND');

const isNotExported = (error: unknown): boolean => hasCode(error, 'ERR_PACKAGE_PATH_NOT_EXPORTED');

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** A file of a package, as a CDN serves it: whether the package exports it or not. */
function fileOf(specifier: string, name: string, parentURL: string | undefined): string {
  const manifest = findPackageJSON(name, parentURL ?? import.meta.url) ?? '';
  return pathToFileURL(join(dirname(manifest), specifier.slice(name.length))).href;
}
