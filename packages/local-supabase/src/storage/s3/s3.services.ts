import type { KeyRing } from '../../context.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import type { FileStore } from '../files/file.store.ts';
import type { Access } from '../http/access.ts';
import type { UploadService } from '../objects/upload.service.ts';
import { S3ListingService } from './listing/s3.listing.service.ts';
import { MultipartService } from './multipart/multipart.service.ts';
import { PartStore } from './multipart/part.store.ts';
import { S3Access } from './signing/s3.access.ts';

/** What the S3 protocol has beyond the storage API. */
export interface S3Services {
  readonly access: S3Access;
  readonly listing: S3ListingService;
  readonly multipart: MultipartService;
}

/** @param project - the project's reference */
export function s3Services(
  keys: KeyRing,
  project: string,
  access: Access,
  database: StorageDatabase,
  files: FileStore,
  uploads: UploadService,
): S3Services {
  return {
    access: new S3Access(keys, access, project),
    listing: new S3ListingService(database),
    multipart: new MultipartService(database, uploads, files, new PartStore(files.partsFolder)),
  };
}
