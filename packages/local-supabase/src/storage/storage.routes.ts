import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { handleStorageErrors } from './errors/error.handler.ts';
import { MAX_USER_METADATA } from './http/incoming.file.ts';
import type { ResumableUploads } from './resumable/resumable.uploads.ts';
import { bucketLifecycleRoute } from './routes/bucket/bucket-lifecycle.route.ts';
import { createBucketRoute } from './routes/bucket/create-bucket.route.ts';
import { deleteBucketRoute } from './routes/bucket/delete-bucket.route.ts';
import { emptyBucketRoute } from './routes/bucket/empty-bucket.route.ts';
import { getBucketRoute } from './routes/bucket/get-bucket.route.ts';
import { listBucketsRoute } from './routes/bucket/list-buckets.route.ts';
import { updateBucketRoute } from './routes/bucket/update-bucket.route.ts';
import { copyObjectRoute } from './routes/object/copy-object.route.ts';
import { deleteObjectRoute } from './routes/object/delete-object.route.ts';
import { deleteObjectsRoute } from './routes/object/delete-objects.route.ts';
import { listObjectsV2Route } from './routes/object/list-objects-v2.route.ts';
import { listObjectsRoute } from './routes/object/list-objects.route.ts';
import { moveObjectRoute } from './routes/object/move-object.route.ts';
import { objectInfoRoute } from './routes/object/object-info.route.ts';
import { readObjectRoute } from './routes/object/read-object.route.ts';
import { readPublicObjectRoute } from './routes/object/read-public-object.route.ts';
import { readSignedObjectRoute } from './routes/object/read-signed-object.route.ts';
import { signUploadUrlRoute } from './routes/object/sign-upload-url.route.ts';
import { signUrlRoute } from './routes/object/sign-url.route.ts';
import { signUrlsRoute } from './routes/object/sign-urls.route.ts';
import { uploadObjectRoute } from './routes/object/upload-object.route.ts';
import { uploadSignedObjectRoute } from './routes/object/upload-signed-object.route.ts';
import { purgeCacheRoute } from './routes/purge-cache.route.ts';
import { renderAuthenticatedRoute } from './routes/render/render-authenticated.route.ts';
import { renderPublicRoute } from './routes/render/render-public.route.ts';
import { renderSignedRoute } from './routes/render/render-signed.route.ts';
import { resumableRoute } from './routes/resumable/resumable.route.ts';
import { statusRoute } from './routes/status.route.ts';
import { vectorRoutes } from './routes/vector/vector.routes.ts';
import { s3Routes } from './s3/s3.routes.ts';
import type { StorageServices } from './storage.services.ts';

/** Routes whose body, if any, is JSON or nothing. */
const JSON_ROUTES = [
  createBucketRoute,
  listBucketsRoute,
  getBucketRoute,
  updateBucketRoute,
  emptyBucketRoute,
  deleteBucketRoute,
  bucketLifecycleRoute,
  signUrlRoute,
  signUrlsRoute,
  signUploadUrlRoute,
  listObjectsRoute,
  listObjectsV2Route,
  moveObjectRoute,
  copyObjectRoute,
  deleteObjectRoute,
  deleteObjectsRoute,
  objectInfoRoute,
  readObjectRoute,
  readPublicObjectRoute,
  readSignedObjectRoute,
  renderAuthenticatedRoute,
  renderPublicRoute,
  renderSignedRoute,
  purgeCacheRoute,
  statusRoute,
  vectorRoutes,
];

/** In bytes: long lists of names fit. */
const JSON_LIMIT = 16 * 1024 * 1024;

/** All routes of the part, in scopes that differ in how they treat a body. */
export async function storageRoutes(
  app: FastifyInstance,
  services: StorageServices,
  resumable: ResumableUploads,
): Promise<void> {
  handleStorageErrors(app);
  await app.register((scope, _options, done) => {
    readJson(scope);
    for (const route of JSON_ROUTES) route(scope, services);
    done();
  });
  await app.register(async (scope) => {
    passThrough(scope);
    await scope.register(multipart, {
      throwFileSizeLimit: false,
      limits: { fields: 20, files: 1, fileSize: Infinity, fieldSize: MAX_USER_METADATA + 1 },
    });
    uploadObjectRoute(scope, services);
    uploadSignedObjectRoute(scope, services);
  });
  await app.register((scope, _options, done) => {
    passThrough(scope);
    resumableRoute(scope, services, resumable);
    done();
  });
  const { s3 } = services;
  if (s3) {
    await app.register(async (scope) => {
      passThrough(scope);
      await s3Routes(scope, services, s3);
    });
  }
}

/** JSON, where an empty body counts as none: clients send the content type with it. */
function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: JSON_LIMIT },
    (request, body: string, done) => {
      if (body === '') done(null, undefined);
      else void parse(request, body, done);
    },
  );
}

/** The body stays a stream, whatever it calls itself. */
function passThrough(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
}
