import { resolve } from 'node:path';
import type { Context, Part } from '../context.ts';
import { BucketService } from './buckets/bucket.service.ts';
import { StorageDatabase } from './database/storage.database.ts';
import { FileStore } from './files/file.store.ts';
import { sweep } from './files/sweep.ts';
import { Access } from './http/access.ts';
import { ListingService } from './objects/listing.service.ts';
import { objectRepository } from './objects/object.repository.ts';
import { ReadingService } from './objects/reading.service.ts';
import { RemovalService } from './objects/removal.service.ts';
import { TransferService } from './objects/transfer.service.ts';
import { UploadService } from './objects/upload.service.ts';
import { RESUMABLE_AGE, resumableUploads } from './resumable/resumable.uploads.ts';
import { multipartRepository } from './s3/multipart/multipart.repository.ts';
import { PartStore } from './s3/multipart/part.store.ts';
import { s3Services } from './s3/s3.services.ts';
import { databaseIdentity } from './schema/identity.ts';
import { seedBuckets } from './seed/seed.buckets.ts';
import { storageSettings, type StorageSettings } from './settings.ts';
import { SignedUrlTokens } from './signing/signed-url.token.ts';
import { SigningService } from './signing/signing.service.ts';
import { storageRoutes } from './storage.routes.ts';
import type { StorageServices } from './storage.services.ts';
import { EntryService } from './vectors/entry.service.ts';
import { VectorService } from './vectors/vector.service.ts';

const PREFIX = '/storage/v1';

export interface StorageOptions {
  /** Where files are kept; by default `.supabase/storage` under the workdir. A temporary folder suits a temporary database. */
  readonly folder?: string;
}

/** The storage API: buckets and objects, their rows in schema `storage`, their bytes in a folder. */
export function storagePart(context: Context, options: StorageOptions = {}): Part {
  const files = new FileStore(options.folder ?? resolve(context.workdir, '.supabase', 'storage'));
  const services = servicesOf(context, files, storageSettings(context.config));
  const resumable = resumableUploads(`${PREFIX}/upload/resumable`, services.uploads, files);
  return {
    prefix: PREFIX,
    // Public and signed URLs carry no key; every other route asks for a token itself, as upstream.
    isOpen: () => true,
    routes: (app) => storageRoutes(app, services, resumable),
    migrate: async () => {
      await openFiles(context, files);
      await seedBuckets(context, services);
    },
  };
}

/** Makes the folder ready and clears what a crash left in it. */
async function openFiles({ database }: Context, files: FileStore): Promise<void> {
  const identity = await databaseIdentity(database);
  await files.prepare(identity);
  if (!(await files.belongsTo(identity))) return;
  const known = (versions: string[]): Promise<Set<string>> =>
    database.transaction((client) => objectRepository.knownVersions(client, versions));
  await sweep(files, known, RESUMABLE_AGE);
  await new PartStore(files.partsFolder).sweep((ids) =>
    database.transaction((client) => multipartRepository.knownParts(client, ids)),
  );
}

function servicesOf(context: Context, files: FileStore, settings: StorageSettings): StorageServices {
  const database = new StorageDatabase(context.database);
  const buckets = new BucketService(database, files, settings.fileSizeLimit);
  const uploads = new UploadService(database, buckets, files, settings.fileSizeLimit);
  const tokens = new SignedUrlTokens(context.keys.jwtSecret);
  const vectors = new VectorService(database, settings.vector);
  const access = new Access(context.keys);
  const { project_id: project } = context.config;
  return {
    settings,
    files,
    buckets,
    uploads,
    tokens,
    access,
    reading: new ReadingService(database),
    transfers: new TransferService(database, uploads, files),
    removal: new RemovalService(database, files),
    listing: new ListingService(database),
    s3: settings.s3Protocol
      ? s3Services(context.keys, typeof project === 'string' ? project : '', access, database, files, uploads)
      : undefined,
    vectors: settings.vector.enabled ? { buckets: vectors, entries: new EntryService(vectors) } : undefined,
    signing: new SigningService(database, uploads, tokens, settings.imageTransformation),
  };
}
