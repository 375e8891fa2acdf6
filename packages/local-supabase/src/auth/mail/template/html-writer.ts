import type { TemplateWriter } from './evaluate.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '+': '&#43;',
};

/** Attributes that are addresses by Go's table; those with `src`, `uri` or `url` in their names are, too. */
const ADDRESSES: ReadonlySet<string> = new Set(
  (
    'action archive background cite classid codebase data formaction href icon longdesc manifest ' +
    'poster profile usemap xmlns'
  ).split(' '),
);
const SAFE_SCHEME = /^(?:https?|mailto)$/i;
/** What stands for an address of another scheme, in Go. */
const UNSAFE = '#ZgotmplZ';

/**
 * Writes HTML as Go's `html/template` does: values are escaped for where they stand. In an attribute that is an address
 * that means percent-encoded after `?` or `#`, so that a value is always one parameter, and normalised before.
 */
export class HtmlWriter implements TemplateWriter {
  html = '';
  #place: 'text' | 'tag' | 'value' = 'text';
  #previous = '';
  #attribute = '';
  /** What ends the attribute's value: nothing known yet, its quote, or a space. */
  #quote: '' | '"' | "'" | ' ' = '';
  #address: 'start' | 'path' | 'query' = 'start';

  text(text: string): void {
    for (const character of text) this.#read(character);
    this.html += text;
  }

  value(text: string): void {
    const isAddress = this.#place === 'value' && isAddressAttribute(this.#attribute);
    const safe = isAddress ? this.#encode(text) : text;
    this.html += safe.replace(/[&<>"'+]/g, (character) => ESCAPES[character] ?? character);
    if (this.#place !== 'value') return;
    if (this.#quote === '') this.#quote = ' ';
    if (this.#address === 'start') this.#address = 'path';
  }

  #encode(text: string): string {
    if (this.#address === 'query') return percentEncode(text, /[^A-Za-z0-9\-._~]/gu);
    const [scheme = ''] = text.split(':', 1);
    const isForeign = scheme !== text && !scheme.includes('/') && !SAFE_SCHEME.test(scheme);
    if (this.#address === 'start' && isForeign) return UNSAFE;
    return percentEncode(text, /%(?![\dA-Fa-f]{2})|[^%A-Za-z0-9\-._~!#$&*+,/:;=?@[\]]/gu);
  }

  #read(character: string): void {
    if (this.#place === 'text') {
      if (this.#previous === '<' && /[A-Za-z/]/.test(character)) this.#enterTag();
    } else if (this.#place === 'tag') this.#readTag(character);
    else this.#readValue(character);
    this.#previous = character;
  }

  #readTag(character: string): void {
    if (character === '>') this.#place = 'text';
    else if (character === '=') {
      this.#place = 'value';
      this.#quote = '';
      this.#address = 'start';
    } else if (!/[\s/]/.test(character)) {
      this.#attribute = /[\s/"']/.test(this.#previous) ? character : this.#attribute + character;
    }
  }

  #readValue(character: string): void {
    if (this.#quote === '') {
      if (/\s/.test(character)) return;
      this.#quote = character === '"' || character === "'" ? character : ' ';
      if (this.#quote !== ' ') return;
    }
    const unquoted = this.#quote === ' ';
    if (unquoted && character === '>') this.#place = 'text';
    else if (character === this.#quote || (unquoted && /\s/.test(character))) this.#enterTag();
    else if (character === '?' || character === '#') this.#address = 'query';
    else if (this.#address === 'start' && !/\s/.test(character)) this.#address = 'path';
  }

  #enterTag(): void {
    this.#place = 'tag';
    this.#attribute = '';
  }
}

function isAddressAttribute(attribute: string): boolean {
  const name = attribute.toLowerCase().replace(/^data-/, '');
  return ADDRESSES.has(name) || /src|uri|url/.test(name);
}

const percentEncode = (text: string, characters: RegExp): string =>
  text.replace(characters, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
