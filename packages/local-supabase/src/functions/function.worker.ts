import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { RUNTIME_ANSWERS } from './errors.ts';
import type { RuntimeAnswer } from './errors.ts';
import { FileStamps } from './file.stamps.ts';
import type { FunctionLimits } from './limits.ts';
import type { WorkerCommand, WorkerInput, WorkerMessage } from './worker/worker.messages.types.ts';

/** What a worker says: where a line came from, and the line. */
export type FunctionLog = (stream: 'stdout' | 'stderr', line: string) => void;

const MIB = 1024 * 1024;

/** One function in its thread. Whatever happens in there ends this worker and nothing else. */
export class FunctionWorker {
  readonly socketPath: string;
  /** Resolves when it serves; rejects when it cannot. */
  readonly ready: Promise<unknown>;
  /** Set when it is over: what its callers are told. */
  ending: RuntimeAnswer | undefined;
  readonly #worker: Worker;
  readonly #limits: FunctionLimits;
  readonly #files: FileStamps;
  readonly #boot = Promise.withResolvers<undefined>();
  readonly #drained = Promise.withResolvers<undefined>();
  readonly #watch: NodeJS.Timeout;
  #requests = 0;
  #answeredAt = Date.now();
  #usedAt = Date.now();

  /** @param watched files besides the loaded ones whose change makes this worker old */
  constructor(
    input: WorkerInput,
    env: Record<string, string>,
    watched: readonly string[],
    limits: FunctionLimits,
    log: FunctionLog,
  ) {
    this.socketPath = input.socketPath;
    this.#limits = limits;
    this.#files = new FileStamps(watched);
    this.ready = this.#boot.promise;
    // Nobody may be waiting when it fails.
    this.ready.catch(() => undefined);
    this.#worker = new Worker(new URL('./worker/main.ts', import.meta.url), {
      workerData: input,
      env,
      name: input.name,
      stdout: true,
      stderr: true,
      execArgv: [],
      resourceLimits: {
        maxOldGenerationSizeMb: limits.memoryMiB,
        maxYoungGenerationSizeMb: 32,
        stackSizeMb: 4,
      },
    });
    forward(this.#worker.stdout, (line) => log('stdout', line));
    forward(this.#worker.stderr, (line) => log('stderr', line));
    this.#worker.on('message', (message: WorkerMessage) => this.#heard(message));
    this.#worker.on('error', (error: Error) => {
      log('stderr', error.stack ?? error.message);
      this.#over(isOutOfMemory(error) ? RUNTIME_ANSWERS.limitReached : RUNTIME_ANSWERS.workerDied);
    });
    this.#worker.on('exit', () => this.#over(RUNTIME_ANSWERS.workerDied));
    this.#watch = setInterval(() => this.#check(), Math.min(500, limits.stuckMs / 2)).unref();
    setTimeout(() => this.#boot.reject(new Error('the worker did not start in time')), limits.bootMs).unref();
    this.#boot.promise.catch(() => this.stop(RUNTIME_ANSWERS.bootFailed));
  }

  /** Has a file changed that it was made from? */
  isOld(): Promise<boolean> {
    return this.#files.changed();
  }

  /** Counts a request for as long as it runs; call the result at its end. */
  begin(): () => void {
    if (this.#requests === 0) this.#answeredAt = Date.now();
    this.#requests += 1;
    let running = true;
    return () => {
      if (running) this.#requests -= 1;
      running = false;
      this.#usedAt = Date.now();
    };
  }

  /** Ends at once. @param answer what its callers are told */
  async stop(answer: RuntimeAnswer = RUNTIME_ANSWERS.workerDied): Promise<void> {
    this.#over(answer);
    await this.#worker.terminate();
  }

  /** Finishes what runs, then ends. */
  async drain(): Promise<void> {
    this.#send({ type: 'drain' });
    const late = new Promise<void>((resolve) => setTimeout(resolve, this.#limits.wallClockMs).unref());
    await Promise.race([this.#drained.promise, late]);
    await this.stop();
  }

  #heard(message: WorkerMessage): void {
    this.#answeredAt = Date.now();
    if (message.type === 'file') this.#files.add(message.path);
    else if (message.type === 'ready') this.#boot.resolve(undefined);
    else if (message.type === 'failed') this.#boot.reject(new Error(message.reason));
    else if (message.type === 'drained') this.#drained.resolve(undefined);
  }

  #check(): void {
    if (Date.now() - this.#usedAt > this.#limits.idleMs && this.#requests === 0) void this.drain();
    if (this.#requests === 0) return;
    if (Date.now() - this.#answeredAt > this.#limits.stuckMs)
      return void this.stop(RUNTIME_ANSWERS.limitReached);
    this.#send({ type: 'ping' });
    void this.#checkMemory();
  }

  /** The thread's own limit counts its heap; buffers are outside of it. */
  async #checkMemory(): Promise<void> {
    const heap = await this.#worker.getHeapStatistics().catch(() => undefined);
    if (!heap || heap.external_memory < this.#limits.memoryMiB * MIB) return;
    await this.stop(RUNTIME_ANSWERS.limitReached);
  }

  #send(command: WorkerCommand): void {
    this.#worker.postMessage(command);
  }

  #over(answer: RuntimeAnswer): void {
    if (this.ending) return;
    this.ending = answer;
    clearInterval(this.#watch);
    this.#boot.reject(new Error('the worker ended'));
    this.#drained.resolve(undefined);
  }
}

const isOutOfMemory = (error: Error): boolean => 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';

function forward(stream: Readable, write: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', write);
}
