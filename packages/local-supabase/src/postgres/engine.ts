import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Edition } from './edition.ts';
import { FLAG_CELLS, Flag } from './engine.types.ts';
import type { EngineReply, EngineRequest } from './engine.types.ts';

/** A statement that does not notice that it was cancelled within this time is ended with its backend. */
const CANCEL_GRACE_MS = 2000;

/** WebAssembly uses the thread's stack beside its own; Postgres should notice deep recursion first. */
const STACK_MB = 64;

/** Who receives what a run puts out. */
export interface RunListener {
  /** `taken` must be called when the bytes have left: Postgres waits while too many have not. */
  output(bytes: Uint8Array, taken: () => void): void;
  /** Postgres waits for COPY data. */
  hungry?(): void;
}

/** The backend ended under a run, by a crash or because it had to be cancelled the hard way. */
export class BackendLost extends Error {
  override readonly name = 'BackendLost';
}

/**
 * One Postgres backend in a worker thread. Its folder survives it: when the thread has to be ended, the next one
 * recovers from the write-ahead log, as after a crash.
 */
export class Engine {
  /** ParameterStatus messages, as sent to a new client. */
  greeting = new Uint8Array(0);
  /** Grows with every new backend: what lived in the memory of an earlier one (statements, settings) is gone. */
  generation = 0;

  private readonly dataDir: string;
  private readonly edition: Edition;
  private readonly cells = new Int32Array(new SharedArrayBuffer(FLAG_CELLS * 4));
  private worker: Worker | undefined;
  private port: MessagePort | undefined;
  private run_: { listener: RunListener; resolve: () => void; reject: (error: Error) => void } | undefined;
  private graceTimer: NodeJS.Timeout | undefined;
  private starting: Promise<void> | undefined;
  private closing = false;

  constructor(dataDir: string, edition: Edition = 'plain') {
    this.dataDir = dataDir;
    this.edition = edition;
  }

  /** Starts the backend, or a new one after the last was lost. */
  async start(): Promise<void> {
    this.starting ??= this.boot().finally(() => (this.starting = undefined));
    await this.starting;
  }

  get alive(): boolean {
    return this.port !== undefined && this.starting === undefined;
  }

  private async boot(): Promise<void> {
    this.cells.fill(0);
    const channel = new MessageChannel();
    const worker = new Worker(new URL('./engine.worker.ts', import.meta.url), {
      workerData: {
        dataDir: this.dataDir,
        edition: this.edition,
        port: channel.port2,
        flags: this.cells.buffer,
      },
      transferList: [channel.port2],
      resourceLimits: { stackSizeMb: STACK_MB },
      // A test runner's own flags are not for this thread.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const port = channel.port1;
    this.worker = worker;
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => {
        reject(new Error(`Postgres ended with code ${code} while it started`));
        if (this.worker === worker) this.lost(`Postgres ended with code ${code}`);
      });
      port.on('message', (reply: EngineReply) => {
        if (reply.kind === 'ready') {
          if (reply.bytes) this.greeting = new Uint8Array(reply.bytes);
          resolve();
        } else if (reply.kind === 'failed') {
          reject(new Error(`Postgres failed: ${reply.message}`));
        }
        this.receive(reply);
      });
    });
    worker.removeAllListeners('error');
    worker.on('error', (error: unknown) => this.lost(String(error)));
    this.port = port;
    this.generation += 1;
    Atomics.store(this.cells, Flag.unread, 0);
  }

  /**
   * Gives complete frontend messages to Postgres and resolves when it has used them all up. One run at a time.
   * @throws BackendLost
   */
  run(bytes: Uint8Array, listener: RunListener): Promise<void> {
    if (this.run_) throw new Error('Postgres is already running a statement');
    if (!this.port) return Promise.reject(new BackendLost('Postgres is not running'));
    return new Promise((resolve, reject) => {
      Atomics.store(this.cells, Flag.cancel, 0);
      this.run_ = { listener, resolve, reject };
      this.post({ kind: 'run', bytes });
    });
  }

  /** Adds input to a run that is inside COPY FROM STDIN. */
  feed(bytes: Uint8Array): void {
    this.post({ kind: 'feed', bytes });
  }

  /** Cancels the running statement: softly, and after a grace time with its backend. */
  cancel(): void {
    const run = this.run_;
    if (!run) return;
    Atomics.store(this.cells, Flag.cancel, 1);
    Atomics.notify(this.cells, Flag.cancel);
    this.graceTimer ??= setTimeout(() => {
      this.graceTimer = undefined;
      if (this.run_ === run) this.lost('canceling statement');
    }, CANCEL_GRACE_MS);
  }

  /** Ends a backend that is no good any more; the next `start` makes another. */
  retire(): void {
    this.lost('retired');
  }

  /** Shuts Postgres down cleanly, with a checkpoint. */
  async close(): Promise<void> {
    this.closing = true;
    const { worker, port } = this;
    if (!worker || !port) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 10_000);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      worker.once('exit', done);
      port.on('message', (reply: EngineReply) => {
        if (reply.kind === 'closed') done();
      });
      this.post({ kind: 'close' });
    });
    await worker.terminate();
    port.close();
    this.port = undefined;
    this.worker = undefined;
  }

  private post(request: EngineRequest): void {
    this.port?.postMessage(request);
    Atomics.add(this.cells, Flag.messages, 1);
    Atomics.notify(this.cells, Flag.messages);
  }

  private receive(reply: EngineReply): void {
    switch (reply.kind) {
      case 'output':
        this.deliver(reply.bytes);
        break;
      case 'idle': {
        if (reply.bytes) this.deliver(reply.bytes);
        const run = this.endRun();
        run?.resolve();
        break;
      }
      case 'hungry':
        this.run_?.listener.hungry?.();
        break;
      case 'failed':
        this.lost(reply.message);
        break;
      case 'ready':
      case 'closed':
        break;
    }
  }

  private deliver(bytes: Uint8Array): void {
    const taken = (): void => {
      Atomics.sub(this.cells, Flag.unread, bytes.length);
      Atomics.notify(this.cells, Flag.unread);
    };
    if (this.run_) this.run_.listener.output(bytes, taken);
    else taken();
  }

  private endRun(): typeof this.run_ {
    clearTimeout(this.graceTimer);
    this.graceTimer = undefined;
    const run = this.run_;
    this.run_ = undefined;
    return run;
  }

  private lost(reason: string): void {
    const { worker, port } = this;
    this.worker = undefined;
    this.port = undefined;
    port?.close();
    void worker?.terminate();
    const run = this.endRun();
    if (!this.closing) run?.reject(new BackendLost(reason));
  }
}
