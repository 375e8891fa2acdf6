import type { Readable } from 'node:stream';
import type { RequestScope } from '../database/caller.ts';
import type { Operation } from '../http/operations.ts';
import type { StorageServices } from '../storage.services.ts';
import type { Payload } from './payload/payload.ts';
import type { S3Request } from './s3.request.ts';
import type { S3Services } from './s3.services.ts';
import type { XmlElements } from './xml/xml.writer.ts';

/** A request whose signature holds, and everything to answer it with. */
export interface S3Call {
  readonly request: S3Request;
  readonly scope: RequestScope;
  /** Empty where the operation is about all buckets. */
  readonly bucket: string;
  /** Empty where the operation is about the bucket. */
  readonly key: string;
  readonly payload: Payload;
  readonly services: StorageServices;
  readonly s3: S3Services;
}

export interface S3Answer {
  /** 200 where absent. */
  readonly status?: number;
  /** Those that are undefined are left out. */
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  /** At most one of the two: a document, or bytes. */
  readonly xml?: { readonly root: string; readonly content: XmlElements | string };
  readonly stream?: Readable;
}

/** One operation of the protocol: how policies know it, and what it does. */
export interface S3Operation {
  readonly name: Operation;
  readonly run: (call: S3Call) => Promise<S3Answer>;
}
