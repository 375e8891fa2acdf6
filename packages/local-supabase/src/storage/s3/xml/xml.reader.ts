import { parseStringPromise, processors } from 'xml2js';
import { S3_ERRORS } from '../errors/s3.errors.ts';

/** An element of a request's body. */
export class XmlNode {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  /** All children of this name, in their order. */
  all(name: string): XmlNode[] {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
    const children: unknown = (value as Record<string, unknown>)[name];
    return (Array.isArray(children) ? children : [children]).map((child) => new XmlNode(child));
  }

  /** The text of the first child of this name; undefined when there is none, or when it holds elements. */
  text(name: string): string | undefined {
    const [first] = this.all(name);
    const value = first === undefined ? undefined : first.#value;
    return typeof value === 'string' ? value : undefined;
  }
}

/**
 * The root element of a document, by its name.
 * @throws StorageError MalformedXML for what is none, has another root, or defines entities
 */
export async function readXml(text: string, root: string): Promise<XmlNode> {
  // Definitions of entities have no place here, and are how XML documents explode.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw S3_ERRORS.malformedXml();
  const document = new XmlNode(await parse(text));
  const [element] = document.all(root);
  if (!element) throw S3_ERRORS.malformedXml(`The XML you provided has no ${root} for its root.`);
  return element;
}

async function parse(text: string): Promise<unknown> {
  try {
    return await parseStringPromise(text, {
      ignoreAttrs: true,
      tagNameProcessors: [processors.stripPrefix],
    });
  } catch (error) {
    throw S3_ERRORS.malformedXml(undefined, error);
  }
}
