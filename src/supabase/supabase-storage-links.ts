import { Injectable } from '@nestjs/common';
import { listOf, recordOf, textIn } from './storage-answers.js';
import { bucketSegment, mustBePath, objectSegments } from './storage-names.js';
import { absolute, ownUploadUrl } from './storage-signed-url.js';
import { sendFile } from './storage-transfer.js';
import { SupabaseStorageBuckets } from './supabase-storage-buckets.js';
import type { FileData, InBucket, OfFile, SignedUploadUrl, SignedUrl } from './supabase-storage.types.js';

/** The part of `SupabaseStorage` about URLs by which objects are reached without a token. */
@Injectable()
export class SupabaseStorageLinks extends SupabaseStorageBuckets {
  /**
   * A URL by which anybody may read an object for a while.
   * @param input.expiresIn in seconds (default 60)
   */
  async createSignedUrl(input: OfFile & { expiresIn?: number }): Promise<SignedUrl> {
    const { bucketId, path, expiresIn = 60 } = input;
    const url = `/object/sign/${objectSegments(bucketId, path)}`;
    const answer = recordOf(await this.ask('POST', url, this.acting(input), { expiresIn }));
    const signedUrl = absolute(this.clients.storageUrl, textIn(answer, 'signedURL'));
    return { path, signedUrl, error: null };
  }

  /** As `createSignedUrl`, for several. One that cannot be signed has an `error`, and the others are signed. */
  async createSignedUrls(
    input: InBucket & { paths: readonly string[]; expiresIn?: number },
  ): Promise<SignedUrl[]> {
    const { bucketId, paths, expiresIn = 60 } = input;
    for (const path of paths) mustBePath('paths', path);
    const url = `/object/sign/${bucketSegment(bucketId)}`;
    const answers = listOf(await this.ask('POST', url, this.acting(input), { expiresIn, paths }));
    return answers.map((answer) => ({
      path: textIn(answer, 'path'),
      signedUrl:
        typeof answer.signedURL === 'string' ? absolute(this.clients.storageUrl, answer.signedURL) : null,
      error: typeof answer.error === 'string' ? answer.error : null,
    }));
  }

  /** A URL by which anybody may upload one object. @throws AppError `conflict` when there is one already */
  async createSignedUploadUrl(input: OfFile): Promise<SignedUploadUrl> {
    const { bucketId, path } = input;
    const url = `/object/upload/sign/${objectSegments(bucketId, path)}`;
    const answer = recordOf(await this.ask('POST', url, this.acting(input), {}));
    const signedUrl = absolute(this.clients.storageUrl, textIn(answer, 'url'));
    const token = new URL(signedUrl).searchParams.get('token') ?? '';
    return { path, token, signedUrl };
  }

  /**
   * Uploads by such a URL, without any token of ours.
   * @throws AppError `validation` for a URL that is not the configured Supabase's (no request is made), `permission` for
   * one that was changed or has expired
   */
  async uploadToSignedUrl(input: {
    signedUrl: string;
    fileData: FileData;
    contentType?: string;
    size?: number;
  }): Promise<{ fullPath: string }> {
    const { signedUrl, fileData, contentType, size } = input;
    const answer = await sendFile(this.clients, {
      method: 'PUT',
      url: ownUploadUrl(this.clients.storageUrl, signedUrl),
      headers: {},
      data: fileData,
      contentType,
      size,
      bySignedUrl: true,
    });
    return { fullPath: textIn(recordOf(answer), 'Key') };
  }

  /** Where anybody reads an object of a public bucket. Nothing is asked: whether there is one is not known. */
  getPublicUrl({ bucketId, path }: { bucketId: string; path: string }): string {
    return `${this.clients.storageUrl}/object/public/${objectSegments(bucketId, path)}`;
  }
}
