import type { JsonObject } from '../users/user.types.ts';

/** A JSON document of somebody else: what is missing or of another type is read as empty. */
export class Document {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  /** What is at the end of a path of members; numbers lead into arrays. */
  at(...path: (string | number)[]): unknown {
    let value = this.#value;
    for (const step of path) {
      value = typeof value === 'object' && value !== null ? (value as JsonObject)[step] : undefined;
    }
    return value;
  }

  /** A string; a number as its digits. */
  text(...path: (string | number)[]): string {
    const value = this.at(...path);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  /** True for `true`, and for the spellings of it that providers use. */
  flag(...path: (string | number)[]): boolean {
    const value = this.at(...path);
    return value === true || value === 'true' || value === '1' || value === 1;
  }

  list(...path: (string | number)[]): Document[] {
    const value = this.at(...path);
    return Array.isArray(value) ? value.map((entry) => new Document(entry)) : [];
  }
}
