import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

type Imports = Readonly<Record<string, string>>;

/** What the file says; a deno.json has either `imports` itself or the name of the file that has them. */
interface Content {
  readonly imports?: Imports;
  readonly scopes?: Readonly<Record<string, Imports>>;
  readonly importMap?: string;
}

/** What a deno.json or an import map says about specifiers. */
export class ImportMap {
  readonly #imports: Imports;
  readonly #scopes: readonly (readonly [prefix: string, imports: Imports])[];
  readonly #base: string;

  /** @param base URL of the file, which relative targets refer to */
  constructor({ imports = {}, scopes = {} }: Content, base: string) {
    this.#base = base;
    this.#imports = imports;
    this.#scopes = longestFirst(Object.entries(scopes)).map(([prefix, own]) => [this.#absolute(prefix), own]);
  }

  /**
   * Reads the file; comments, as in .jsonc, are allowed.
   * @param seen hears of a file that the file names
   * @throws SyntaxError
   */
  static read(path: string | undefined, seen: (path: URL) => void): ImportMap {
    if (path === undefined) return new ImportMap({}, 'file:///');
    const file = pathToFileURL(path);
    const content = read(file);
    if (content.importMap === undefined) return new ImportMap(content, file.href);
    const named = new URL(content.importMap, file);
    seen(named);
    return new ImportMap(read(named), named.href);
  }

  /**
   * The target of a specifier, or the specifier itself when the map says nothing. The longest prefix wins.
   * @param importer the address of the module that imports
   */
  resolve(specifier: string, importer: string): string {
    const scopes = this.#scopes.filter(([prefix]) => importer.startsWith(prefix));
    for (const imports of [...scopes.map(([, own]) => own), this.#imports]) {
      const target = find(specifier, imports);
      if (target !== undefined) return this.#absolute(target);
    }
    return specifier;
  }

  #absolute(target: string): string {
    return /^\.{0,2}\//.test(target) ? new URL(target, this.#base).href : target;
  }
}

function find(specifier: string, imports: Imports): string | undefined {
  for (const [name, target] of longestFirst(Object.entries(imports))) {
    if (specifier === name) return target;
    if (name.endsWith('/') && specifier.startsWith(name)) return target + specifier.slice(name.length);
    // Deno takes "name": "npm:name@1" for "name/sub", too.
    if (/^(?:npm|jsr):/.test(target) && specifier.startsWith(`${name}/`)) {
      return target + specifier.slice(name.length);
    }
  }
  return undefined;
}

const longestFirst = <T>(entries: readonly [string, T][]): [string, T][] =>
  [...entries].sort(([a], [b]) => b.length - a.length);

const read = (file: URL): Content => JSON.parse(withoutComments(readFileSync(file, 'utf8'))) as Content;

/** Comments and trailing commas become nothing; texts stay. */
function withoutComments(jsonc: string): string {
  const tokens = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=\s*[}\]])/g;
  return jsonc.replace(tokens, (token) => (token.startsWith('"') ? token : ''));
}
