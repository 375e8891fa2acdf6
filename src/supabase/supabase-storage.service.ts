import { Injectable } from '@nestjs/common';
import { fileOf, listOf, recordOf, textIn } from './storage-answers.js';
import { bucketSegment, mustBePath, objectSegments } from './storage-names.js';
import { receiveFile, sendFile } from './storage-transfer.js';
import { SupabaseStorageLinks } from './supabase-storage-links.js';
import type {
  Download,
  DownloadConditions,
  FileData,
  InBucket,
  OfFile,
  SortBy,
  StoredFile,
  SupabaseFile,
} from './supabase-storage.types.js';

/**
 * Supabase Storage. With a user's token each function acts as that user, and row-level security decides. Without one the
 * functions that administer buckets act with the secret key, and all others as anybody.
 *
 * All of them throw AppErrors with Supabase's reason as detail: `validation` for a name that is none, `authentication` for
 * a token that is dead, `permission` and `not_found` as the policies have it, `unavailable` when Supabase cannot be
 * reached or answers nonsense, and what is named at each function.
 */
@Injectable()
export class SupabaseStorage extends SupabaseStorageLinks {
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
}

const storedFile = (bucketId: string, path: string, id: string | null): StoredFile => ({
  id,
  path,
  fullPath: `${bucketId}/${path}`,
});
