import { S3_CREDENTIALS } from '../../../keys/s3.credentials.ts';
import type { S3Call, S3Operation } from '../s3.operation.ts';
import { headerOf } from '../s3.request.ts';

const { region } = S3_CREDENTIALS;

export const listBuckets: S3Operation = {
  name: 'storage.s3.bucket.list',
  run: async ({ scope, services }) => {
    const buckets = await services.buckets.list(scope, { sortColumn: 'name' });
    const Bucket = buckets.map(({ name, created_at: CreationDate }) => ({ Name: name, CreationDate }));
    return { xml: { root: 'ListAllMyBucketsResult', content: { Buckets: { Bucket } } } };
  },
};

/** A bucket is public where `x-amz-acl` says so. Where it lies, the body may say; there is one place only. */
export const createBucket: S3Operation = {
  name: 'storage.s3.bucket.create',
  run: async ({ request, scope, services, bucket }) => {
    const isPublic = headerOf(request, 'x-amz-acl') === 'public-read';
    await services.buckets.create(scope, bucket, bucket, { public: isPublic });
    return { headers: { location: `/${encodeURIComponent(bucket)}` } };
  },
};

export const deleteBucket: S3Operation = {
  name: 'storage.s3.bucket.delete',
  run: async ({ scope, services, bucket }) => {
    await services.buckets.remove(scope, bucket);
    return { status: 204 };
  },
};

export const headBucket: S3Operation = {
  name: 'storage.s3.bucket.head',
  run: async (call) => {
    await mustSee(call);
    return { headers: { 'x-amz-bucket-region': region } };
  },
};

export const getBucketLocation: S3Operation = {
  name: 'storage.s3.bucket.get_location',
  run: async (call) => {
    await mustSee(call);
    return { xml: { root: 'LocationConstraint', content: region } };
  },
};

/** Nothing has versions here. */
export const getBucketVersioning: S3Operation = {
  name: 'storage.s3.bucket.get_versioning',
  run: async (call) => {
    await mustSee(call);
    const content = { Status: 'Suspended', MfaDelete: 'Disabled' };
    return { xml: { root: 'VersioningConfiguration', content } };
  },
};

async function mustSee({ scope, services, bucket }: S3Call): Promise<void> {
  await services.buckets.get(scope, bucket);
}
