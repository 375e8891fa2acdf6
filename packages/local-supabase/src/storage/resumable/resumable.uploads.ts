import type { Server } from '@tus/server';
import type { FileStore } from '../files/file.store.ts';
import type { UploadService } from '../objects/upload.service.ts';
import { ResumableService } from './resumable.service.ts';
import { ResumableStore } from './resumable.store.ts';
import { tusServer, type Callers } from './tus.server.ts';

/** In milliseconds: an upload may be continued for a day. */
export const RESUMABLE_AGE = 24 * 60 * 60 * 1000;

/** Everything that uploads in steps consist of. */
export interface ResumableUploads {
  readonly server: Server;
  readonly store: ResumableStore;
  readonly callers: Callers;
}

/** @param path - where the protocol is mounted, as clients see it */
export function resumableUploads(path: string, uploads: UploadService, files: FileStore): ResumableUploads {
  const store = new ResumableStore(files, RESUMABLE_AGE);
  const callers: Callers = new WeakMap();
  return { store, callers, server: tusServer(path, store, new ResumableService(uploads, files), callers) };
}
