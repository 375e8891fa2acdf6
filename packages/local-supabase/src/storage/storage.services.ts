import type { BucketService } from './buckets/bucket.service.ts';
import type { FileStore } from './files/file.store.ts';
import type { Access } from './http/access.ts';
import type { ListingService } from './objects/listing.service.ts';
import type { ReadingService } from './objects/reading.service.ts';
import type { RemovalService } from './objects/removal.service.ts';
import type { TransferService } from './objects/transfer.service.ts';
import type { UploadService } from './objects/upload.service.ts';
import type { S3Services } from './s3/s3.services.ts';
import type { StorageSettings } from './settings.ts';
import type { SignedUrlTokens } from './signing/signed-url.token.ts';
import type { SigningService } from './signing/signing.service.ts';
import type { EntryService } from './vectors/entry.service.ts';
import type { VectorService } from './vectors/vector.service.ts';

/** What routes are made of; put together in `part.ts`. */
export interface StorageServices {
  readonly settings: StorageSettings;
  readonly access: Access;
  readonly files: FileStore;
  readonly buckets: BucketService;
  readonly uploads: UploadService;
  readonly reading: ReadingService;
  readonly transfers: TransferService;
  readonly removal: RemovalService;
  readonly listing: ListingService;
  readonly signing: SigningService;
  readonly tokens: SignedUrlTokens;
  /** Absent where `[storage.s3_protocol]` switches it off. */
  readonly s3: S3Services | undefined;
  /** Absent where `[storage.vector]` switches them off. */
  readonly vectors: { readonly buckets: VectorService; readonly entries: EntryService } | undefined;
}
