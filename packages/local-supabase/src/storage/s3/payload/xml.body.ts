import { S3_ERRORS } from '../errors/s3.errors.ts';
import { readXml, type XmlNode } from '../xml/xml.reader.ts';
import type { Payload } from './payload.ts';

/** In bytes: ten thousand parts with their checksums fit, and a thousand keys. */
const MOST = 4 * 1024 * 1024;

/**
 * The body as XML. Undefined for an empty one.
 * @throws StorageError MalformedXML, MaxMessageLengthExceeded, and what a body is refused for
 */
export async function xmlBody({ stream }: Payload, root: string): Promise<XmlNode | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MOST) throw S3_ERRORS.messageTooLong();
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString('utf8');
  return text.trim() === '' ? undefined : readXml(text, root);
}
