import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** What `imports` of a deno.json or an import map say about one specifier. */
export class ImportMap {
  readonly #imports: ReadonlyMap<string, string>;
  readonly #base: string;

  /** @param base URL of the file, which relative targets refer to */
  constructor(imports: Readonly<Record<string, string>>, base: string) {
    this.#imports = new Map(Object.entries(imports).sort(([a], [b]) => b.length - a.length));
    this.#base = base;
  }

  /** Reads the file; comments, as in .jsonc, are allowed. @throws SyntaxError */
  static read(path: string | undefined): ImportMap {
    if (path === undefined) return new ImportMap({}, 'file:///');
    const content = JSON.parse(withoutComments(readFileSync(path, 'utf8'))) as {
      imports?: Record<string, string>;
    };
    return new ImportMap(content.imports ?? {}, pathToFileURL(path).href);
  }

  /** The target of a specifier, or the specifier itself when the map says nothing. The longest prefix wins. */
  resolve(specifier: string): string {
    for (const [name, target] of this.#imports) {
      if (specifier === name) return this.#absolute(target);
      if (name.endsWith('/') && specifier.startsWith(name)) {
        return this.#absolute(target + specifier.slice(name.length));
      }
      // Deno takes "name": "npm:name@1" for "name/sub", too.
      if (/^(?:npm|jsr):/.test(target) && specifier.startsWith(`${name}/`)) {
        return target + specifier.slice(name.length);
      }
    }
    return specifier;
  }

  #absolute(target: string): string {
    return /^\.{0,2}\//.test(target) ? new URL(target, this.#base).href : target;
  }
}

/** Comments and trailing commas become nothing; texts stay. */
function withoutComments(jsonc: string): string {
  const tokens = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=\s*[}\]])/g;
  return jsonc.replace(tokens, (token) => (token.startsWith('"') ? token : ''));
}
