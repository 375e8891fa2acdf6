import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import type { LoadFnOutput, LoadHookContext } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { StoredModule } from '../imports/imports.types.ts';
import type { FetchedImports } from './fetched.imports.ts';
import type { ImportResolver } from './import.resolver.ts';

/**
 * Lets functions import as on Deno: TypeScript, `npm:`, `jsr:` and `https:`, import maps.
 * @param loaded hears of each of the function's own files
 */
export function registerModuleHooks(
  imports: ImportResolver,
  fetched: FetchedImports,
  loaded: (path: string) => void,
): void {
  registerHooks({
    resolve: (specifier, context, next) => imports.resolve(specifier, context, next),
    load(url, context, next) {
      if (/^https?:/.test(url)) return loadFetched(fetched.module(url), context, imports);
      if (!url.startsWith('file:') || url.includes('/node_modules/')) return next(url, context);
      const path = fileURLToPath(url);
      if (!imports.isOwn(url)) loaded(path);
      if (/\.m?ts$/.test(path)) {
        return asModule(toJavaScript(readFileSync(path, 'utf8'), path), url, imports);
      }
      if (!path.endsWith('.js')) return next(url, context);
      // Without a package.json that says otherwise: functions are modules.
      const result = next(url, { ...context, format: 'module' });
      if (result.source) imports.loaded(url, textOf(result.source));
      return result;
    },
  });
}

function loadFetched(
  { url, contentType, text }: StoredModule,
  { importAttributes }: LoadHookContext,
  imports: ImportResolver,
): LoadFnOutput {
  const { pathname } = new URL(url);
  const tells = (type: RegExp, ending: RegExp): boolean =>
    type.test(contentType) || (!contentType.includes('javascript') && ending.test(pathname));
  if (tells(/\bjson\b/, /\.json$/)) {
    if (importAttributes.type !== 'json')
      throw new TypeError(`"${url}" is JSON: import it with { type: 'json' }`);
    return { format: 'json', shortCircuit: true, source: text };
  }
  if (tells(/[jt]sx\b/, /\.[jt]sx$/)) throw new TypeError(`"${url}" is JSX, which functions cannot use here`);
  const isTypeScript = tells(/typescript|mp2t/, /\.m?ts$/);
  return asModule(isTypeScript ? toJavaScript(text, url) : text, url, imports);
}

function asModule(javaScript: string, url: string, imports: ImportResolver): LoadFnOutput {
  imports.loaded(url, javaScript);
  return { format: 'module', shortCircuit: true, source: javaScript };
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

const textOf = (source: NonNullable<LoadFnOutput['source']>): string =>
  typeof source === 'string' ? source : new TextDecoder().decode(source);
