import { Injectable } from '@nestjs/common';
import { invalid } from '../platform/errors/errors.js';
import { bucketOf, listOf } from './storage-answers.js';
import { bucketFault, bucketSegment } from './storage-names.js';
import { askStorage } from './storage-request.js';
import { SupabaseClients } from './supabase-clients.service.js';
import type { BucketSettings, InBucket, StorageCaller, SupabaseBucket } from './supabase-storage.types.js';

/** The part of `SupabaseStorage` about buckets. */
@Injectable()
export class SupabaseStorageBuckets {
  constructor(protected readonly clients: SupabaseClients) {}

  /** Makes a bucket. @throws AppError `conflict` when there is one of that name */
  async createBucket(input: InBucket & BucketSettings): Promise<SupabaseBucket> {
    const { bucketId, public: isPublic = false } = input;
    const fault = bucketFault(bucketId);
    if (fault !== undefined) throw invalid(`id ${fault}`);
    const settings = { ...settingsOf(input), public: isPublic };
    await this.ask('POST', '/bucket', this.administering(input), {
      id: bucketId,
      name: bucketId,
      ...settings,
    });
    return this.bucket(bucketId, this.administering(input));
  }

  /** A bucket. `not_found` also when the policies hide it. */
  async getBucket(input: InBucket): Promise<SupabaseBucket> {
    return this.bucket(input.bucketId, this.acting(input));
  }

  /** A bucket, whatever the policies say. */
  async getBucketAsAdmin({ bucketId }: { bucketId: string }): Promise<SupabaseBucket> {
    return this.bucket(bucketId, this.clients.secretHeaders());
  }

  /** The buckets that the policies show. */
  async listBuckets(caller: StorageCaller = {}): Promise<SupabaseBucket[]> {
    return listOf(await this.ask('GET', '/bucket', this.acting(caller))).map(bucketOf);
  }

  /** All buckets, whatever the policies say. */
  async listBucketsAsAdmin(): Promise<SupabaseBucket[]> {
    return listOf(await this.ask('GET', '/bucket', this.clients.secretHeaders())).map(bucketOf);
  }

  /** Changes what is named, and leaves the rest. */
  async updateBucket(input: InBucket & BucketSettings): Promise<SupabaseBucket> {
    const headers = this.administering(input);
    await this.ask('PUT', `/bucket/${bucketSegment(input.bucketId)}`, headers, settingsOf(input));
    return this.bucket(input.bucketId, headers);
  }

  /** Deletes an empty bucket. @throws AppError `conflict` when something is in it */
  async deleteBucket(input: InBucket): Promise<void> {
    await this.ask('DELETE', `/bucket/${bucketSegment(input.bucketId)}`, this.administering(input));
  }

  /** Deletes everything in a bucket; a hosted Supabase may take a while to. */
  async emptyBucket(input: InBucket): Promise<void> {
    await this.ask('POST', `/bucket/${bucketSegment(input.bucketId)}/empty`, this.administering(input));
  }

  private async bucket(bucketId: string, headers: Record<string, string>): Promise<SupabaseBucket> {
    return bucketOf(await this.ask('GET', `/bucket/${bucketSegment(bucketId)}`, headers));
  }

  protected acting({ authToken, address }: StorageCaller): Record<string, string> {
    return this.clients.policyHeaders({ authToken, address });
  }

  private administering(caller: StorageCaller): Record<string, string> {
    return caller.authToken === undefined ? this.clients.secretHeaders() : this.acting(caller);
  }

  protected ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<unknown> {
    return askStorage(this.clients, { method, path, headers, ...(body && { body }) });
  }
}

function settingsOf({ public: isPublic, fileSizeLimit, allowedMimeTypes }: BucketSettings): object {
  return {
    ...(isPublic === undefined ? {} : { public: isPublic }),
    ...(fileSizeLimit === undefined ? {} : { file_size_limit: fileSizeLimit }),
    ...(allowedMimeTypes === undefined ? {} : { allowed_mime_types: allowedMimeTypes }),
  };
}
