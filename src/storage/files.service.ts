import { Injectable } from '@nestjs/common';
import type { ApiRequest } from '../platform/http/api-request.js';
import { SupabaseStorage } from '../supabase/supabase-storage.service.js';
import type { Download, DownloadConditions } from '../supabase/supabase-storage.types.js';
import { incomingFile } from './incoming-file.js';
import type { StoredFileDto, UploadQuery } from './objects.dto.js';
import { describeStored } from './objects.service.js';
import { StorageCallers } from './storage-callers.service.js';
import type { VisitorOfStorage } from './visitor.decorator.js';

const CONDITIONS = ['range', 'if-range', 'if-none-match', 'if-modified-since'] as const;

/** Bytes on their way through: nothing of a file is kept here. */
@Injectable()
export class FilesService {
  constructor(
    private readonly storage: SupabaseStorage,
    private readonly callers: StorageCallers,
  ) {}

  async upload(
    target: { bucketId: string; path: string },
    { upsert }: UploadQuery,
    visitor: VisitorOfStorage,
    request: ApiRequest,
  ): Promise<StoredFileDto> {
    const caller = await this.callers.of(visitor);
    const { stream, ...file } = await incomingFile(request.raw);
    return describeStored(
      await this.storage.uploadFile({
        ...target,
        ...caller,
        ...file,
        fileData: stream,
        upsert: upsert === 'true',
      }),
    );
  }

  async download(
    target: { bucketId: string; path: string },
    visitor: VisitorOfStorage,
    request: ApiRequest,
  ): Promise<Download> {
    const { headers, method } = request;
    const wanted = CONDITIONS.map((name) => [name, headers[name]]).filter(([, value]) => value !== undefined);
    return this.storage.downloadFile({
      ...target,
      ...(await this.callers.of(visitor)),
      conditions: Object.fromEntries(wanted) as DownloadConditions,
      method: method === 'HEAD' ? 'HEAD' : 'GET',
    });
  }
}
