import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { RUNTIME_ANSWERS } from './errors.ts';
import type { RuntimeAnswer } from './errors.ts';
import { FileStamps } from './file.stamps.ts';
import { ImportLine } from './import.line.ts';
import type { Found, Wanted } from './imports/imports.types.ts';
import { readLines } from './lines.ts';
import type { FunctionLimits } from './limits.ts';
import { LINE } from './worker/parent.line.ts';
import type { WorkerCommand, WorkerInput, WorkerMessage } from './worker/worker.messages.types.ts';

/** What a worker says: where a line came from, and the line. */
export type FunctionLog = (stream: 'stdout' | 'stderr', line: string) => void;

/** What a worker needs of the world around it. */
export interface WorkerSurroundings {
  readonly env: Record<string, string>;
  /** Files besides the loaded ones whose change makes the worker old. */
  readonly watched: readonly string[];
  readonly limits: FunctionLimits;
  readonly log: FunctionLog;
  /** Where it gets what it imports and is not installed. */
  readonly find: (wanted: Wanted) => Promise<Found>;
}

const MIB = 1024 * 1024;
const MAIN = fileURLToPath(new URL('./worker/main.ts', import.meta.url));

/**
 * One function in a process of its own. Whatever happens in there ends this worker and nothing else. (A thread would not
 * do: V8 ends the whole process when one of its threads asks for memory too fast.)
 */
export class FunctionWorker {
  readonly socketPath: string;
  /** Resolves when it serves; rejects when it cannot. */
  readonly ready: Promise<unknown>;
  /** Set when it is over: what its callers are told. */
  ending: RuntimeAnswer | undefined;
  readonly #child: ChildProcess;
  readonly #limits: FunctionLimits;
  readonly #files: FileStamps;
  readonly #imports: ImportLine;
  readonly #boot = Promise.withResolvers<undefined>();
  readonly #drained = Promise.withResolvers<undefined>();
  readonly #exited: Promise<void>;
  readonly #watch: NodeJS.Timeout;
  #requests = 0;
  #unused: (() => void) | undefined;
  #serves = false;
  #leaving = false;
  #answeredAt = Date.now();
  #usedAt = Date.now();

  constructor(input: WorkerInput, { env, watched, limits, log, find }: WorkerSurroundings) {
    this.socketPath = input.socketPath;
    this.#limits = limits;
    this.#files = new FileStamps(watched);
    this.ready = this.#boot.promise;
    this.#child = fork(MAIN, [JSON.stringify(input)], {
      env,
      execArgv: [`--max-old-space-size=${limits.memoryMiB}`, '--enable-source-maps'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    });
    this.#imports = new ImportLine(this.#child.stdio[LINE] as Duplex, find, limits.fetchMs);
    forward(this.#child.stdout, (line) => log('stdout', line));
    forward(this.#child.stderr, (line) => log('stderr', line));
    // A function has the same line to here, and may say anything on it.
    this.#child.on('message', (message: WorkerMessage | null) => message && this.#heard(message));
    this.#child.on('error', () => this.#over(RUNTIME_ANSWERS.workerDied));
    this.#exited = new Promise((resolve) => {
      this.#child.on('exit', (code, signal) => {
        this.#over(isOutOfMemory(code, signal) ? RUNTIME_ANSWERS.limitReached : RUNTIME_ANSWERS.workerDied);
        resolve();
      });
    });
    this.#watch = setInterval(() => this.#check(), Math.min(500, limits.stuckMs / 2)).unref();
    this.#limitBoot(Date.now());
    this.#boot.promise.catch(() => this.stop(RUNTIME_ANSWERS.bootFailed));
  }

  /** Has a file changed that it was made from? */
  isOld(): Promise<boolean> {
    return this.#files.changed();
  }

  /** It finishes what it began, and takes nothing new. */
  get isLeaving(): boolean {
    return this.#leaving;
  }

  /** Counts a request for as long as it runs; call the result at its end. */
  begin(): () => void {
    if (this.#requests === 0) this.#answeredAt = Date.now();
    this.#requests += 1;
    let running = true;
    return () => {
      if (!running) return;
      running = false;
      this.#requests -= 1;
      this.#usedAt = Date.now();
      if (this.#requests === 0) this.#unused?.();
    };
  }

  /** Ends at once. @param answer what its callers are told */
  async stop(answer: RuntimeAnswer = RUNTIME_ANSWERS.workerDied): Promise<void> {
    this.#over(answer);
    this.#child.kill('SIGKILL');
    if (this.#child.pid !== undefined) await this.#exited;
  }

  /** Finishes what runs, then ends. */
  async drain(): Promise<void> {
    this.#leaving = true;
    const late = new Promise<void>((resolve) => setTimeout(resolve, this.#limits.wallClockMs).unref());
    if (this.#requests > 0) {
      const unused = new Promise<void>((resolve) => (this.#unused = resolve));
      await Promise.race([unused, late]);
    }
    this.#send({ type: 'drain' });
    await Promise.race([this.#drained.promise, late]);
    await this.stop();
  }

  #heard(message: WorkerMessage): void {
    this.#answeredAt = Date.now();
    if (message.type === 'file') this.#files.add(message.path);
    else if (message.type === 'ready') this.#begin();
    else if (message.type === 'failed') this.#boot.reject(new Error(message.reason));
    else if (message.type === 'drained') this.#drained.resolve(undefined);
    // The process's own limit counts its heap; buffers are outside of it.
    else if (message.externalBytes > this.#limits.memoryMiB * MIB)
      void this.stop(RUNTIME_ANSWERS.limitReached);
  }

  #limitBoot(startedAt: number): void {
    const left = this.#limits.bootMs - (Date.now() - startedAt - this.#imports.waitedMs);
    if (left <= 0) this.#boot.reject(new Error('the worker did not start in time'));
    else if (!this.#serves && !this.ending) {
      setTimeout(() => this.#limitBoot(startedAt), Math.max(left, 100)).unref();
    }
  }

  #begin(): void {
    this.#serves = true;
    this.#boot.resolve(undefined);
  }

  #check(): void {
    const isIdle = this.#requests === 0 && Date.now() - this.#usedAt > this.#limits.idleMs;
    if (isIdle && !this.#leaving) void this.drain();
    // While it loads its modules it may take its time: the limit for booting is another one.
    if (this.#requests === 0 || !this.#serves) return;
    if (this.#imports.isWaiting) this.#answeredAt = Date.now();
    if (Date.now() - this.#answeredAt > this.#limits.stuckMs) void this.stop(RUNTIME_ANSWERS.limitReached);
    else this.#send({ type: 'ping' });
  }

  #send(command: WorkerCommand): void {
    // It may end at any moment; its exit says so.
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  #over(answer: RuntimeAnswer): void {
    if (this.ending) return;
    this.ending = answer;
    clearInterval(this.#watch);
    this.#boot.reject(new Error('the worker ended'));
    this.#drained.resolve(undefined);
  }
}

/** How V8 ends a process that has no memory left; the code is what Windows says. */
const isOutOfMemory = (code: number | null, signal: NodeJS.Signals | null): boolean =>
  code === 134 || signal === 'SIGABRT' || signal === 'SIGTRAP' || signal === 'SIGILL';

function forward(stream: Readable | null, write: (line: string) => void): void {
  if (stream) readLines(stream, write);
}
