import { Builder } from 'xml2js';

/** What an element holds: a text, elements, or one element several times. Undefined is left out. */
export type XmlValue = string | number | boolean | Date | undefined | XmlElements | readonly XmlElements[];
export interface XmlElements {
  readonly [name: string]: XmlValue;
}

type Plain = string | { [name: string]: Plain | Plain[] };

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const builder = new Builder({
  renderOpts: { pretty: false },
  xmldec: { version: '1.0', encoding: 'UTF-8' },
});

/** Characters that XML 1.0 cannot carry, not even encoded. A refusal may speak of a key that has them. */
// eslint-disable-next-line no-control-regex -- these are the characters it is about
const ILLEGAL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** A document with one root element; answers have S3's namespace, errors have none. */
export function xmlDocument(root: string, content: XmlElements | string): string {
  const plain = plainOf(content);
  const rooted =
    root === 'Error'
      ? plain
      : { $: { xmlns: NAMESPACE }, ...(typeof plain === 'string' ? { _: plain } : plain) };
  return builder.buildObject({ [root]: rooted });
}

function plainOf(value: Exclude<XmlValue, undefined | readonly XmlElements[]>): Plain {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object') return String(value).toWellFormed().replace(ILLEGAL, '\ufffd');
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      if (inner === undefined) return [];
      return [[name, isList(inner) ? inner.map(plainOf) : plainOf(inner)]];
    }),
  );
}

function isList(value: XmlValue): value is readonly XmlElements[] {
  return Array.isArray(value);
}
