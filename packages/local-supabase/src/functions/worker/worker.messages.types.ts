/** What a worker is started with. Paths are absolute. */
export interface WorkerInput {
  readonly name: string;
  readonly entrypoint: string;
  readonly importMap: string | undefined;
  /** Folders whose installed packages a function may import, after those beside its own files. */
  readonly packageRoots: readonly string[];
  /** The folder that holds packages that were fetched. */
  readonly fetchedPackages: string;
  /** Where it listens: a Unix socket or a named pipe. */
  readonly socketPath: string;
}

/** From the worker. `file` is one it loaded: when it changes, the worker is old. */
export type WorkerMessage =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'pong'; readonly externalBytes: number }
  | { readonly type: 'drained' };

/** To the worker. `drain`: end when nothing runs any more. */
export type WorkerCommand = { readonly type: 'ping' } | { readonly type: 'drain' };
