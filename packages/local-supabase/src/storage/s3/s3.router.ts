import { S3_ERRORS } from './errors/s3.errors.ts';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets,
} from './operations/bucket.operations.ts';
import { copyObject } from './operations/copy-object.operation.ts';
import { deleteObject, deleteObjects } from './operations/delete.operations.ts';
import { listObjects, listObjectsV2 } from './operations/listing.operations.ts';
import { completeMultipartUpload } from './operations/complete-multipart.operation.ts';
import { listMultipartUploads, listParts } from './operations/multipart-listing.operations.ts';
import {
  abortMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './operations/multipart.operations.ts';
import { putObject } from './operations/put-object.operation.ts';
import { getObject, getObjectTagging, headObject } from './operations/read.operations.ts';
import type { S3Operation } from './s3.operation.ts';
import type { S3Request } from './s3.request.ts';

/** Parts of S3 that are asked for by a parameter, and are not here. A request for one must not pass for another. */
const MISSING = new Set([
  'acl',
  'accelerate',
  'analytics',
  'attributes',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'tagging',
  'torrent',
  'versioning',
  'versions',
  'website',
]);

/** What a request asks for. @throws StorageError NotImplemented, MethodNotAllowed */
export function operationOf(request: S3Request): S3Operation {
  const has = (name: string): boolean => request.query.has(name);
  const found =
    request.bucket === undefined
      ? ofService(request.method)
      : request.key === undefined
        ? ofBucket(request, has)
        : ofObject(request, has);
  if (found) return found;
  if (request.method === 'POST' || [...request.query.keys()].some((name) => MISSING.has(name))) {
    throw S3_ERRORS.notImplemented();
  }
  throw S3_ERRORS.methodNotAllowed();
}

type Has = (name: string) => boolean;

function ofService(method: string): S3Operation | undefined {
  return method === 'GET' ? listBuckets : undefined;
}

function ofBucket({ method, query }: S3Request, has: Has): S3Operation | undefined {
  if (method === 'GET' && has('versioning')) return getBucketVersioning;
  if (method === 'POST') return has('delete') ? deleteObjects : undefined;
  if ([...query.keys()].some((name) => MISSING.has(name))) return undefined;
  switch (method) {
    case 'HEAD':
      return headBucket;
    case 'PUT':
      return createBucket;
    case 'DELETE':
      return deleteBucket;
    default:
      if (has('location')) return getBucketLocation;
      if (has('uploads')) return listMultipartUploads;
      return query.get('list-type') === '2' ? listObjectsV2 : listObjects;
  }
}

function ofObject({ method, query, headers }: S3Request, has: Has): S3Operation | undefined {
  if (method === 'GET' && has('tagging')) return getObjectTagging;
  if (method === 'POST') {
    if (has('uploads')) return createMultipartUpload;
    return has('uploadId') ? completeMultipartUpload : undefined;
  }
  if ([...query.keys()].some((name) => MISSING.has(name))) return undefined;
  const copies = headers['x-amz-copy-source'] !== undefined;
  switch (method) {
    case 'HEAD':
      return headObject;
    case 'PUT':
      if (has('uploadId') || has('partNumber')) return copies ? uploadPartCopy : uploadPart;
      return copies ? copyObject : putObject;
    case 'DELETE':
      return has('uploadId') ? abortMultipartUpload : deleteObject;
    default:
      return has('uploadId') ? listParts : getObject;
  }
}
