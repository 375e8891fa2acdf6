import type { IncomingMessage } from 'node:http';
import { Metadata, Server, type ServerOptions } from '@tus/server';
import { StorageError } from '../errors/storage.error.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import { isUuid } from '../database/uuid.ts';
import type { ResumableCaller, ResumableService, UploadMetadata } from './resumable.service.ts';
import type { ResumableStore } from './resumable.store.ts';

type TusRequest = Parameters<NonNullable<ServerOptions['onIncomingRequest']>>[0];

/** Says who makes a request about an upload with this metadata. @throws StorageError InvalidJWT, InvalidSignature */
export type Identify = (metadata: UploadMetadata) => Promise<ResumableCaller>;

/** How to find out who makes each request, noted before the protocol's server sees it. */
export type Callers = WeakMap<IncomingMessage, Identify>;

/** What is known of an upload before its bytes. */
interface KnownUpload {
  readonly metadata: UploadMetadata;
  /** In bytes; undefined where the client says it later. */
  readonly size: number | undefined;
}

/** The last part of the path for URLs that were made with a signed token. */
export const SIGNED = 'sign';

/**
 * The server of the tus protocol, with this storage's rules in its hooks.
 * @param path - where it is mounted, as clients see it: `/storage/v1/upload/resumable`
 */
export function tusServer(
  path: string,
  store: ResumableStore,
  service: ResumableService,
  callers: Callers,
): Server {
  const known = async (request: TusRequest, id: string): Promise<KnownUpload> => {
    if (request.method === 'POST') return { metadata: sentMetadata(request), size: sentSize(request) };
    const { metadata = {}, size } = await store.getUpload(id);
    return { metadata, size };
  };

  return new Server({
    path,
    datastore: store,
    disableTerminationForFinishedUploads: true,
    respectForwardedHeaders: true,
    allowedHeaders: ['Authorization', 'X-Upsert', 'Upload-Expires', 'ApiKey', 'x-signature'],
    namingFunction: (_request, metadata) => service.nameOf(metadata),
    getFileIdFromRequest: fileIdOf,
    generateUrl: (request, { proto, host, id }) => {
      const door = new URL(request.url).pathname.replace(/\/$/, '').endsWith(`/${SIGNED}`)
        ? `/${SIGNED}`
        : '';
      return `${proto}://${withForwardedPort(request, host)}${path}${door}/${id}`;
    },
    maxSize: async (request, id) => {
      if (id === null) return service.largest;
      const { metadata } = await known(request, id);
      return service.maxSize(metadata, await callerOf(request, callers, metadata));
    },
    onIncomingRequest: async (request, id) => {
      if (request.method === 'OPTIONS') return;
      const { metadata, size } = await known(request, id);
      const caller = await callerOf(request, callers, metadata);
      // Asking how far an upload has come shows nothing but a number to who knows its name.
      if (request.method !== 'HEAD') await service.authorize(metadata, size, caller);
    },
    onUploadCreate: async (request, { metadata = {} }) => ({
      metadata: await service.accept(metadata, await callerOf(request, callers, metadata)),
    }),
    onUploadFinish: async (request, upload) => {
      await service.finish(upload, await callerOf(request, callers, upload.metadata ?? {}));
      return { headers: { 'Tus-Complete': '1' } };
    },
    onResponseError: (_request, error) =>
      error instanceof StorageError ? { status_code: error.status, body: error.message } : undefined,
  });
}

/** Reads `Upload-Metadata`. @throws StorageError InvalidRequest */
export function sentMetadata(request: TusRequest): UploadMetadata {
  const header = request.headers.get('upload-metadata');
  if (header === null) throw STORAGE_ERRORS.metadataRequired();
  try {
    return Metadata.parse(header);
  } catch {
    throw STORAGE_ERRORS.metadataRequired();
  }
}

function sentSize(request: TusRequest): number | undefined {
  const length = request.headers.get('upload-length');
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

function fileIdOf(request: TusRequest): string | undefined {
  const last = new URL(request.url).pathname.split('/').at(-1) ?? '';
  return isUuid(last) ? last : undefined;
}

/** Proxies that say their host say their port apart from it. */
function withForwardedPort({ headers }: TusRequest, host: string): string {
  const port = headers.get('x-forwarded-port');
  if (!headers.has('x-forwarded-host') || port === null || !/^\d+$/.test(port)) return host;
  return port === '80' || port === '443' ? host : `${host.replace(/:\d+$/, '')}:${port}`;
}

async function callerOf(
  request: TusRequest,
  callers: Callers,
  metadata: UploadMetadata,
): Promise<ResumableCaller> {
  const node = request.runtime?.node?.req as IncomingMessage | undefined;
  const identify = node && callers.get(node);
  if (!identify) throw STORAGE_ERRORS.accessDenied();
  return identify(metadata);
}
