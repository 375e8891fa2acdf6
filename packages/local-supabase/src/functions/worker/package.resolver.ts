import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON, isBuiltin } from 'node:module';
import type { ResolveFnOutput, ResolveHookContext } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Wanted } from '../imports/imports.types.ts';
import type { FetchedImports } from './fetched.imports.ts';
import { readBareName } from './specifier.ts';
import type { Target } from './specifier.ts';

export type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;
export type PackageTarget = Extract<Target, { kind: 'package' }>;

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Where a package is: installed where the function can see it, in a version that will do, or fetched. */
export class PackageResolver {
  readonly #roots: readonly string[];
  readonly #fetched: FetchedImports;

  /** @param roots folders whose installed packages functions may import, after those beside their own files */
  constructor(roots: readonly string[], fetched: FetchedImports) {
    this.#roots = roots.map(insideOf);
    this.#fetched = fetched;
  }

  /** What has to be fetched for it; nothing when it is installed. */
  missing({ name, range }: PackageTarget, parentURL: string | undefined): Wanted | undefined {
    if (isBuiltin(name) || this.#installed(name, range, parentURL).from !== undefined) return undefined;
    return { kind: 'package', name, range };
  }

  /** @throws Error that tells what is missing, and why it could not be fetched */
  resolve(target: PackageTarget, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
    if (isBuiltin(target.name)) return next(target.specifier, context);
    const { from, others } = this.#installed(target.name, target.range, context.parentURL);
    return resolveFrom(from ?? insideOf(this.#fetch(target, others)), target, context, next);
  }

  /** A name without any prefix: what is installed, or what the nearest package.json depends on. */
  resolveBare(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
    const target = readBareName(specifier);
    if (target.kind !== 'package' || isBuiltin(specifier)) return next(specifier, context);
    const { name } = target;
    const { from } = this.#installed(name, '', context.parentURL);
    if (from !== undefined) return resolveFrom(from, target, context, next);
    const range = declared(name, context.parentURL);
    if (range !== undefined) return this.resolve({ ...target, range }, context, next);
    throw new Error(
      `The package "${name}" is not installed. Import it as "npm:${name}", or add it to your project: npm install ${name}`,
    );
  }

  /**
   * What a fetched package expects its user to have: the function's own where it imports one of the name.
   * @param named what the function itself imports under a name
   */
  resolvePeer(
    specifier: string,
    context: ResolveHookContext,
    next: NextResolve,
    missing: unknown,
    named: (name: string) => PackageTarget | undefined,
  ): ResolveFnOutput {
    const target = readBareName(specifier);
    if (target.kind !== 'package') throw missing;
    const { name } = target;
    const { peerDependencies, peerDependenciesMeta } = manifestOfImporter(context.parentURL ?? '');
    const range = peerDependencies?.[name];
    if (range === undefined) throw missing;
    const own = named(name);
    const wanted = { ...target, range: own?.range ?? range };
    const isOptional = own === undefined && peerDependenciesMeta?.[name]?.optional === true;
    const { from, others } = this.#installed(name, wanted.range, undefined);
    if (from === undefined && isOptional) throw missing;
    return resolveFrom(from ?? insideOf(this.#fetch(wanted, others)), target, context, next);
  }

  #fetch({ name, range }: PackageTarget, others: readonly string[]): string {
    const state =
      others.length === 0
        ? 'is not installed'
        : `is installed as ${others.join(' and ')}, which "${range}" excludes`;
    const say = (reason: string): string =>
      `The package "${name}" ${state}, and could not be fetched: ${reason}`;
    return this.#fetched.packageFolder(name, range, say);
  }

  /** @returns the place from where it is seen, and the versions that will not do */
  #installed(
    name: string,
    range: string,
    parentURL: string | undefined,
  ): { readonly from?: string; readonly others: readonly string[] } {
    const others = new Set<string>();
    const parents = parentURL?.startsWith('file:') ? [parentURL, ...this.#roots] : this.#roots;
    for (const from of parents) {
      const manifest = manifestSeenFrom(name, from);
      if (!manifest) continue;
      if (fits(manifest.version, range)) return { from, others: [...others] };
      others.add(manifest.version ?? '');
    }
    return { others: [...others] };
  }
}

/** Only the registry knows what a tag means: what is installed will do. */
const fits = (version: string | undefined, range: string): boolean =>
  version === undefined || range === '' || validRange(range) === null || satisfies(version, range);

/** A file that is not there, from which is resolved as if it were. */
const PLACE = '.import-from-here.js';

const insideOf = (folder: string): string => pathToFileURL(join(folder, PLACE)).href;

/** Whether this is asked by the resolver itself, in a roundabout way: `require.resolve` asks the hooks again. */
export const isOwnQuestion = (parentURL: string): boolean => parentURL.endsWith(`/${PLACE}`);

function resolveFrom(
  from: string,
  { specifier, name }: PackageTarget,
  context: ResolveHookContext,
  next: NextResolve,
): ResolveFnOutput {
  // What `require` asks for is not resolved from elsewhere by `next`.
  if (context.conditions.includes('require')) return required(specifier, from);
  try {
    return next(specifier, { ...context, parentURL: from });
  } catch (error) {
    if (hasCode(error, 'ERR_PACKAGE_PATH_NOT_EXPORTED')) {
      return { url: fileOf(specifier, name, from), shortCircuit: true };
    }
    // `npm:lodash/get`: paths of older packages have no endings.
    if (isMissing(error) || hasCode(error, 'ERR_UNSUPPORTED_DIR_IMPORT')) return required(specifier, from);
    throw error;
  }
}

const required = (specifier: string, from: string): ResolveFnOutput => ({
  url: pathToFileURL(createRequire(new URL(PLACE, from)).resolve(specifier)).href,
  shortCircuit: true,
});

/** Whether nothing was found: what Node says to `import` and to `require`. */
export const isMissing = (error: unknown): boolean =>
  hasCode(error, 'ERR_MODULE_NOT_FOUND') || hasCode(error, 'MODULE_NOT_FOUND');

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** A file of a package, as a CDN serves it: whether the package exports it or not. */
function fileOf(specifier: string, name: string, from: string): string {
  const manifest = findPackageJSON(name, from) ?? '';
  return pathToFileURL(join(dirname(manifest), specifier.slice(name.length))).href;
}

const readManifest = (path: string): Manifest => JSON.parse(readFileSync(path, 'utf8')) as Manifest;

function manifestSeenFrom(name: string, from: string): Manifest | undefined {
  try {
    const path = findPackageJSON(name, from);
    return path === undefined ? undefined : readManifest(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Of the package that a file belongs to. */
function manifestOfImporter(url: string): Manifest {
  const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(url)?.[0];
  return folder === undefined ? {} : readManifest(fileURLToPath(`${folder}/package.json`));
}

/** The range that a project's own package.json names. */
function declared(name: string, parentURL: string | undefined): string | undefined {
  if (!parentURL?.startsWith('file:')) return undefined;
  const manifest = findPackageJSON(new URL('.', parentURL));
  // Where there is none, Node answers the folder.
  const range = manifest?.endsWith('package.json') ? readManifest(manifest).dependencies?.[name] : undefined;
  return range !== undefined && validRange(range) !== null ? range : undefined;
}
