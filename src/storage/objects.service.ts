import { Injectable } from '@nestjs/common';
import { SupabaseStorage } from '../supabase/supabase-storage.service.js';
import type { StoredFile } from '../supabase/supabase-storage.types.js';
import type { DeletedPathsDto, FileDto, ObjectsQuery, StoredFileDto, TransportDto } from './objects.dto.js';
import { StorageCallers } from './storage-callers.service.js';
import type { VisitorOfStorage } from './visitor.decorator.js';

/** Objects by name: what there is, and where. Always with the caller's own rights. */
@Injectable()
export class ObjectsService {
  constructor(
    private readonly storage: SupabaseStorage,
    private readonly callers: StorageCallers,
  ) {}

  async list(bucketId: string, query: ObjectsQuery, visitor: VisitorOfStorage): Promise<FileDto[]> {
    const { prefix, limit, offset, sort_by, order } = query;
    return this.orNoBucket(
      bucketId,
      await this.storage.listFiles({
        bucketId,
        path: prefix,
        limit,
        offset,
        sortBy: { column: sort_by, order },
        ...(await this.callers.of(visitor)),
      }),
    );
  }

  async delete(bucketId: string, { paths }: DeletedPathsDto, visitor: VisitorOfStorage): Promise<FileDto[]> {
    return this.orNoBucket(
      bucketId,
      await this.storage.deleteFile({ bucketId, paths, ...(await this.callers.of(visitor)) }),
    );
  }

  async move(bucketId: string, wish: TransportDto, visitor: VisitorOfStorage): Promise<StoredFileDto> {
    const { source_path: sourcePath, destination_path: destinationPath } = wish;
    const caller = await this.callers.of(visitor);
    return describeStored(await this.storage.moveFile({ bucketId, sourcePath, destinationPath, ...caller }));
  }

  async copy(bucketId: string, wish: TransportDto, visitor: VisitorOfStorage): Promise<StoredFileDto> {
    const { source_path: sourcePath, destination_path: destinationPath } = wish;
    const caller = await this.callers.of(visitor);
    return describeStored(await this.storage.copyFile({ bucketId, sourcePath, destinationPath, ...caller }));
  }

  /**
   * To Supabase a bucket that does not exist is one with nothing in it; here it is one that does not exist.
   * @throws AppError `not_found`
   */
  private async orNoBucket(bucketId: string, files: FileDto[]): Promise<FileDto[]> {
    if (files.length === 0) await this.storage.getBucketAsAdmin({ bucketId });
    return files;
  }
}

export function describeStored({ id, path, fullPath }: StoredFile): StoredFileDto {
  return { id, path, full_path: fullPath };
}
