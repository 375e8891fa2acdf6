import { Injectable } from '@nestjs/common';
import { invalid } from '../platform/errors/errors.js';
import { bucketOf, fileOf, listOf, recordOf, textIn } from './storage-answers.js';
import { bucketFault, bucketSegment, mustBePath, objectSegments } from './storage-names.js';
import { askStorage } from './storage-request.js';
import { absolute, ownUploadUrl } from './storage-signed-url.js';
import { receiveFile, sendFile } from './storage-transfer.js';
import { SupabaseClients } from './supabase-clients.service.js';
import type {
  BucketSettings,
  Download,
  DownloadConditions,
  FileData,
  SignedUploadUrl,
  SignedUrl,
  SortBy,
  StorageCaller,
  StoredFile,
  SupabaseBucket,
  SupabaseFile,
} from './supabase-storage.types.js';

type InBucket = { bucketId: string } & StorageCaller;
type OfFile = { path: string } & InBucket;

/**
 * Supabase Storage. With a user's token each function acts as that user, and row-level security decides. Without one the
 * functions that administer buckets act with the secret key, and all others as anybody.
 *
 * All of them throw AppErrors with Supabase's reason as detail: `validation` for a name that is none, `authentication` for
 * a token that is dead, `permission` and `not_found` as the policies have it, `unavailable` when Supabase cannot be
 * reached or answers nonsense, and what is named at each function.
 */
@Injectable()
export class SupabaseStorage {
  constructor(private readonly clients: SupabaseClients) {}

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

  /**
   * Stores a file, as it flows when it is a stream.
   * @param input.contentType default `application/octet-stream`
   * @param input.upsert replaces what is there (default false)
   * @param input.size in bytes, where a stream's is known
   * @throws AppError `conflict` when there is one already, `payload_too_large` and `unsupported_media_type` as the bucket
   * has it
   */
  async uploadFile(
    input: OfFile & {
      fileData: FileData;
      contentType?: string | undefined;
      contentEncoding?: string | undefined;
      size?: number | undefined;
      upsert?: boolean;
    },
  ): Promise<StoredFile> {
    const { bucketId, path, fileData, contentType, contentEncoding, size, upsert = false } = input;
    const answer = await sendFile(this.clients, {
      method: 'POST',
      url: `${this.clients.storageUrl}/object/${objectSegments(bucketId, path)}`,
      headers: {
        ...this.acting(input),
        'x-upsert': String(upsert),
        ...(contentEncoding === undefined ? {} : { 'content-encoding': contentEncoding }),
      },
      data: fileData,
      contentType,
      size,
    });
    return storedFile(bucketId, path, textIn(recordOf(answer), 'Id'));
  }

  /**
   * A file as a stream, which has to be read or destroyed.
   * @param input.conditions `range`, `if-none-match` and the like
   * @param input.method `HEAD` for the description alone (default GET)
   * @throws AppError `range_not_satisfiable`
   */
  async downloadFile(
    input: OfFile & { conditions?: DownloadConditions; method?: 'GET' | 'HEAD' },
  ): Promise<Download> {
    const { bucketId, path, conditions = {}, method = 'GET' } = input;
    const url = `${this.clients.storageUrl}/object/${objectSegments(bucketId, path)}`;
    return await receiveFile(this.clients, method, url, this.acting(input), conditions);
  }

  /**
   * What is in a folder: objects, and folders by name.
   * @param input.path the folder (default: the bucket's top)
   */
  async listFiles(
    input: InBucket & { path?: string; limit?: number; offset?: number; sortBy?: SortBy },
  ): Promise<SupabaseFile[]> {
    const { bucketId, path = '', limit = 100, offset = 0, sortBy = { column: 'name', order: 'asc' } } = input;
    const prefix = path.replace(/\/$/, '');
    if (prefix !== '') mustBePath('prefix', prefix);
    const body = { prefix, limit, offset, sortBy };
    return listOf(
      await this.ask('POST', `/object/list/${bucketSegment(bucketId)}`, this.acting(input), body),
    ).map(fileOf);
  }

  /** Gives an object another path. @throws AppError `conflict` when the destination exists */
  async moveFile(input: InBucket & { sourcePath: string; destinationPath: string }): Promise<StoredFile> {
    return this.transport('move', input);
  }

  /** Makes a second object of one. @throws AppError `conflict` when the destination exists */
  async copyFile(input: InBucket & { sourcePath: string; destinationPath: string }): Promise<StoredFile> {
    return this.transport('copy', input);
  }

  /** Deletes one object or several. What is not there, or not the caller's, is not in the answer. */
  async deleteFile(input: InBucket & { paths: string | readonly string[] }): Promise<SupabaseFile[]> {
    const prefixes = [input.paths].flat();
    for (const path of prefixes) mustBePath('paths', path);
    return listOf(
      await this.ask('DELETE', `/object/${bucketSegment(input.bucketId)}`, this.acting(input), { prefixes }),
    ).map(fileOf);
  }

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

  private async bucket(bucketId: string, headers: Record<string, string>): Promise<SupabaseBucket> {
    return bucketOf(await this.ask('GET', `/bucket/${bucketSegment(bucketId)}`, headers));
  }

  private async transport(
    how: 'move' | 'copy',
    input: InBucket & { sourcePath: string; destinationPath: string },
  ): Promise<StoredFile> {
    const { bucketId, sourcePath, destinationPath } = input;
    bucketSegment(bucketId);
    mustBePath('source_path', sourcePath);
    mustBePath('destination_path', destinationPath);
    const body = { bucketId, sourceKey: sourcePath, destinationKey: destinationPath };
    const answer = recordOf(await this.ask('POST', `/object/${how}`, this.acting(input), body));
    return storedFile(bucketId, destinationPath, typeof answer.Id === 'string' ? answer.Id : null);
  }

  private acting({ authToken, address }: StorageCaller): Record<string, string> {
    return this.clients.policyHeaders({ authToken, address });
  }

  private administering(caller: StorageCaller): Record<string, string> {
    return caller.authToken === undefined ? this.clients.secretHeaders() : this.acting(caller);
  }

  private ask(
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

const storedFile = (bucketId: string, path: string, id: string | null): StoredFile => ({
  id,
  path,
  fullPath: `${bucketId}/${path}`,
});
