import type { MessagePort } from 'node:worker_threads';
import type { Edition } from './edition.ts';

/** What the worker is started with. */
export interface EngineOptions {
  /** The folder that holds the cluster; created and initialised when it is empty. */
  readonly dataDir: string;
  readonly edition: Edition;
  readonly port: MessagePort;
  /** See `Flag`. */
  readonly flags: SharedArrayBuffer;
}

/** Cells of the shared Int32Array, by which the main thread reaches a worker that is busy inside Postgres. */
export const Flag = {
  /** Grows with every message to the worker; it sleeps on this cell while Postgres waits for COPY data. */
  messages: 0,
  /** Not 0: cancel the running statement. */
  cancel: 1,
  /** Bytes of output posted and not yet taken over by the main thread. */
  unread: 2,
} as const;
export const FLAG_CELLS = 4;

/** To the worker. */
export type EngineRequest =
  /** Complete frontend messages; answered by output and, in the end, `idle`. */
  | { readonly kind: 'run'; readonly bytes: Uint8Array }
  /** More input for a run that is inside COPY FROM STDIN. */
  | { readonly kind: 'feed'; readonly bytes: Uint8Array }
  /** Shuts the cluster down cleanly. */
  | { readonly kind: 'close' };

/** From the worker. */
export type EngineReply =
  /** The bytes are the reported settings (ParameterStatus). */
  | { readonly kind: 'ready'; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  /** All input is used up and Postgres is back in its main loop. */
  | { readonly kind: 'idle'; readonly bytes: Uint8Array | undefined }
  /** Postgres asks for COPY data that has not arrived. */
  | { readonly kind: 'hungry' }
  | { readonly kind: 'closed' }
  /** The backend is gone; the thread ends. */
  | { readonly kind: 'failed'; readonly message: string };
