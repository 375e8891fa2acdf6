import { Injectable } from '@nestjs/common';
import { SupabaseStorage } from '../supabase/supabase-storage.service.js';
import type { BucketChangeDto, BucketDto, NewBucketDto } from './buckets.dto.js';
import { StorageCallers } from './storage-callers.service.js';
import type { VisitorOfStorage } from './visitor.decorator.js';

/** Buckets: administrators see and change all of them, others see what the policies show. */
@Injectable()
export class BucketsService {
  constructor(
    private readonly storage: SupabaseStorage,
    private readonly callers: StorageCallers,
  ) {}

  async list(visitor: VisitorOfStorage): Promise<BucketDto[]> {
    if (visitor.actor.role === 'admin') return this.storage.listBucketsAsAdmin();
    return this.storage.listBuckets(await this.callers.of(visitor));
  }

  async get(bucketId: string, visitor: VisitorOfStorage): Promise<BucketDto> {
    if (visitor.actor.role === 'admin') return this.storage.getBucketAsAdmin({ bucketId });
    return this.storage.getBucket({ bucketId, ...(await this.callers.of(visitor)) });
  }

  create({ id, public: isPublic, file_size_limit, allowed_mime_types }: NewBucketDto): Promise<BucketDto> {
    return this.storage.createBucket({
      bucketId: id,
      public: isPublic,
      fileSizeLimit: file_size_limit,
      allowedMimeTypes: allowed_mime_types,
    });
  }

  change(bucketId: string, change: BucketChangeDto): Promise<BucketDto> {
    return this.storage.updateBucket({
      bucketId,
      public: change.public,
      fileSizeLimit: change.file_size_limit,
      allowedMimeTypes: change.allowed_mime_types,
    });
  }

  delete(bucketId: string): Promise<void> {
    return this.storage.deleteBucket({ bucketId });
  }

  empty(bucketId: string): Promise<void> {
    return this.storage.emptyBucket({ bucketId });
  }
}
