import { S3_ERRORS } from '../errors/s3.errors.ts';
import type { NamedPart } from '../multipart/completion.ts';
import { objectChecksOf } from '../payload/checksums.ts';
import { xmlBody } from '../payload/xml.body.ts';
import type { S3Operation } from '../s3.operation.ts';
import type { XmlNode } from '../xml/xml.reader.ts';
import { uploadNameOf } from './multipart.operations.ts';

/** Of the parts that the body names; without a body, of all. */
export const completeMultipartUpload: S3Operation = {
  name: 'storage.s3.upload.complete_multipart',
  run: async (call) => {
    const { request, scope, s3, bucket, key, payload } = call;
    const name = uploadNameOf(call);
    const body = await xmlBody(payload, 'CompleteMultipartUpload');
    const checks = objectChecksOf(request);
    const see = {
      update: (piece: Buffer) => checks.forEach((check) => check.update(piece)),
      end: () => checks.forEach((check) => check.end(new Map())),
    };
    const named = (body?.all('Part') ?? []).map(namedPart);
    const object = await s3.multipart.complete(scope, name, named, see);
    const content = { Location: `${bucket}/${key}`, Bucket: bucket, Key: key, ETag: object.metadata?.eTag };
    return { xml: { root: 'CompleteMultipartUploadResult', content } };
  },
};

function namedPart(part: XmlNode): NamedPart {
  const number = part.text('PartNumber')?.trim() ?? '';
  const eTag = part.text('ETag')?.trim();
  if (!/^\d{1,5}$/.test(number) || eTag === undefined) {
    throw S3_ERRORS.malformedXml('Each Part needs a PartNumber and an ETag.');
  }
  return { number: Number(number), eTag };
}
