import type { ResolveFnOutput, ResolveHookContext } from 'node:module';
import { initSync, parse } from 'es-module-lexer';
import type { Wanted } from '../imports/imports.types.ts';
import type { FetchedImports } from './fetched.imports.ts';
import type { ImportMap } from './import.map.ts';
import { isMissing, isOwnQuestion } from './package.resolver.ts';
import type { NextResolve, PackageResolver, PackageTarget } from './package.resolver.ts';
import { readSpecifier } from './specifier.ts';
import type { Target } from './specifier.ts';

const OWN_MODULES = {
  'http-server': new URL('./std.http.server.ts', import.meta.url).href,
  types: 'data:text/javascript,export {}',
};

/** Finds what the modules of a function import. */
export class ImportResolver {
  readonly #importMap: ImportMap;
  readonly #packages: PackageResolver;
  readonly #fetched: FetchedImports;
  readonly #fetchedPackages: string;
  /** The function's own modules and those of the web, as JavaScript, until somebody asks what they import. */
  readonly #sources = new Map<string, string>();

  /** @param fetchedPackages the address of the folder that holds them */
  constructor(
    importMap: ImportMap,
    packages: PackageResolver,
    fetched: FetchedImports,
    fetchedPackages: string,
  ) {
    this.#importMap = importMap;
    this.#packages = packages;
    this.#fetched = fetched;
    this.#fetchedPackages = fetchedPackages;
  }

  loaded(url: string, javaScript: string): void {
    this.#sources.set(url, javaScript);
  }

  isOwn(url: string): boolean {
    return Object.values(OWN_MODULES).includes(url);
  }

  /** @throws Error that names what is missing */
  resolve(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
    const { parentURL = '' } = context;
    if (isOwnQuestion(parentURL)) return next(specifier, context);
    if (parentURL.startsWith('file:') && parentURL.includes('/node_modules/')) {
      return this.#resolveInPackage(specifier, context, next);
    }
    const target = this.#read(specifier, parentURL);
    switch (target.kind) {
      case 'own':
        return { url: OWN_MODULES[target.module], shortCircuit: true };
      case 'unreadable':
        throw new TypeError(`"${target.specifier}" names no package`);
      case 'package':
        this.#gatherAround(target, parentURL);
        return this.#packages.resolve(target, context, next);
      case 'remote':
        this.#gatherAround(target, parentURL);
        return { url: this.#fetched.module(target.url).url, shortCircuit: true };
      case 'other': {
        const isBare = !/^(?:[./#]|[a-z][a-z+.-]*:)/.test(target.specifier);
        return isBare
          ? this.#packages.resolveBare(target.specifier, context, next)
          : next(target.specifier, context);
      }
    }
  }

  /** Packages resolve as they always do, except that fetched ones have been installed without their peers. */
  #resolveInPackage(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
    if (!context.parentURL?.startsWith(this.#fetchedPackages)) return next(specifier, context);
    try {
      return next(specifier, context);
    } catch (error) {
      if (!isMissing(error)) throw error;
      return this.#packages.resolvePeer(specifier, context, next, error, (name) => this.#named(name));
    }
  }

  #read(specifier: string, parent: string): Target {
    const mapped = this.#importMap.resolve(specifier, parent);
    const isRelative = /^\.{0,2}\//.test(mapped) && /^https?:/.test(parent);
    return readSpecifier(isRelative ? new URL(mapped, parent).href : mapped, parent);
  }

  /** When one has to be fetched, all that its module imports are, at once. */
  #gatherAround(target: Target, parent: string): void {
    const wanted = this.#wanted(target, parent);
    if (wanted === undefined || this.#fetched.has(wanted)) return;
    const others = this.#importsOf(parent).flatMap((other) => this.#wanted(other, parent) ?? []);
    this.#fetched.gather([wanted, ...others]);
  }

  #wanted(target: Target, parent: string): Wanted | undefined {
    if (target.kind === 'remote') return target.url === '' ? undefined : { kind: 'module', url: target.url };
    return target.kind === 'package' ? this.#packages.missing(target, parent) : undefined;
  }

  #named(name: string): PackageTarget | undefined {
    for (const url of this.#sources.keys()) {
      for (const target of this.#importsOf(url)) {
        if (target.kind === 'package' && target.name === name) return target;
      }
    }
    return undefined;
  }

  /** What a module names in its import and export statements. */
  #importsOf(url: string): Target[] {
    const source = this.#sources.get(url);
    if (source === undefined) return [];
    initSync();
    const [imports] = parse(source);
    return imports.flatMap(({ n: name, d: kind }) =>
      kind === -1 && name !== undefined ? [this.#read(name, url)] : [],
    );
  }
}
