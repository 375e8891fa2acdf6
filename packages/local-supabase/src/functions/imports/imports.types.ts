/** Something a function imports and that is not there yet. */
export type Wanted =
  /** `range` as the specifier has it: a range of versions, a tag, or empty. */
  | { readonly kind: 'package'; readonly name: string; readonly range: string }
  | { readonly kind: 'module'; readonly url: string };

/** What became of it. */
export type Found =
  /** The folder in whose `node_modules` the package is. */
  | { readonly kind: 'package'; readonly folder: string }
  /** The file that holds a {@link StoredModule} as JSON. */
  | { readonly kind: 'module'; readonly file: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** A module file as it was fetched. */
export interface StoredModule {
  /** Where it was in the end, after redirects: what its own imports are relative to. */
  readonly url: string;
  readonly contentType: string;
  readonly text: string;
}
