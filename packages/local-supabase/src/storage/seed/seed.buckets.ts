import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { lookup } from 'mime-types';
import type { Context } from '../../context.ts';
import { SERVICE, type RequestScope } from '../database/caller.ts';
import type { BucketSettings } from '../settings.ts';
import type { StorageServices } from '../storage.services.ts';

const SCOPE: RequestScope = {
  caller: SERVICE,
  method: 'POST',
  path: '/bucket',
  headers: {},
  operation: 'storage.bucket.create',
};

/** Creates the buckets that `config.toml` names, brings their limits up to date, and uploads their files. */
export async function seedBuckets(context: Context, services: StorageServices): Promise<void> {
  for (const bucket of services.settings.buckets) {
    const wishes = {
      public: bucket.public,
      fileSizeLimit: bucket.fileSizeLimit ?? null,
      allowedMimeTypes: bucket.allowedMimeTypes ?? null,
    };
    const exists = (await services.buckets.limits(SCOPE, bucket.name)) !== undefined;
    if (exists) await services.buckets.update(SCOPE, bucket.name, wishes);
    else await services.buckets.create(SCOPE, bucket.name, bucket.name, wishes);
    if (bucket.objectsPath !== undefined) {
      await seedObjects(resolve(context.workdir, 'supabase', bucket.objectsPath), bucket, services);
    }
  }
}

async function seedObjects(
  folder: string,
  bucket: BucketSettings,
  { uploads }: StorageServices,
): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    const target = { bucketId: bucket.name, name, upsert: true, owner: undefined };
    await uploads.upload(SCOPE, target, () =>
      Promise.resolve({
        stream: createReadStream(path),
        mimeType: lookup(name) || 'application/octet-stream',
        details: () => Promise.resolve({ cacheControl: 'max-age=3600', userMetadata: {} }),
      }),
    );
  }
}
