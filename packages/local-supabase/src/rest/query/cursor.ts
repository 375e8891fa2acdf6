import { refusals } from '../errors/refusals.ts';
import type { RestError } from '../errors/rest.error.ts';

const NAME_CHARACTER = /[\p{L}\p{N}_ $]/u;

/** Reads a part of the query string from left to right. */
export class Cursor {
  readonly text: string;
  private readonly what: string;
  private readonly ahead: number;
  private at = 0;

  /**
   * @param what - as an error names it: `select parameter`, `filter`, …
   * @param ahead - characters that PostgREST reads before the text, and counts in its errors
   */
  constructor(what: string, text: string, ahead = 0) {
    this.what = what;
    this.text = text;
    this.ahead = ahead;
  }

  get position(): number {
    return this.at;
  }

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The next character, or nothing at the end. */
  get next(): string {
    return this.text.slice(this.at, this.at + (/^[\uD800-\uDBFF]/.test(this.text[this.at] ?? '') ? 2 : 1));
  }

  back(position: number): void {
    this.at = position;
  }

  follows(token: string): boolean {
    return this.text.startsWith(token, this.at);
  }

  /** Takes the token if it comes next. */
  take(token: string): boolean {
    if (!this.follows(token)) return false;
    this.at += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.take(token)) throw this.error(`"${token}"`);
  }

  expectEnd(expecting: string): void {
    if (!this.atEnd) throw this.error(expecting);
  }

  /** The longest run of characters that are none of these. */
  until(stops: string): string {
    const start = this.at;
    while (!this.atEnd && !stops.includes(this.text[this.at] ?? '')) this.at += 1;
    return this.text.slice(start, this.at);
  }

  match(pattern: RegExp): string | undefined {
    const sticky = new RegExp(pattern.source, `${pattern.flags.replace('y', '')}y`);
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** A name: quoted, or letters, digits, `_`, `$`, blanks, and dashes that begin no arrow. */
  name(expecting = 'field name (* or [a..z0..9_$])'): string {
    if (this.follows('"')) return this.quoted();
    const start = this.at;
    while (!this.atEnd) {
      const character = this.next;
      if (character === '-' && this.at > start && this.text[this.at + 1] !== '>') this.at += 1;
      else if (NAME_CHARACTER.test(character)) this.at += character.length;
      else break;
    }
    const name = this.text.slice(start, this.at).trim();
    if (name === '') throw this.error(expecting);
    return name;
  }

  /** Between double quotes; a backslash takes the next character as it is. */
  quoted(): string {
    this.expect('"');
    let result = '';
    while (!this.atEnd && !this.follows('"')) {
      this.take('\\');
      result += this.next;
      this.at += this.next.length;
    }
    this.expect('"');
    return result;
  }

  /** @param unexpected - if it is not what comes next; `'` quotes it where nothing in particular could have come */
  error(expecting: string, unexpected = this.next, quote = '"'): RestError {
    const shown =
      unexpected === '' ? 'end of input' : quote === '"' ? JSON.stringify(unexpected) : `'${unexpected}'`;
    return refusals.parse(this.what, this.text, this.at + 1 + this.ahead, shown, expecting);
  }
}

/** How many characters two texts share at their beginning. */
export function sharedLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}
