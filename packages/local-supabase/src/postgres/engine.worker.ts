import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { EarlyReady } from './early.ready.ts';
import { loadBuild } from './edition.ts';
import type { Build } from './edition.ts';
import { FLAG_CELLS, Flag } from './engine.types.ts';
import type { EngineOptions, EngineReply, EngineRequest } from './engine.types.ts';
import { interruptible } from './interruptible.ts';
import type { PostgresModule } from './pglite.module.types.ts';
import { StackPointer } from './stack.pointer.ts';
import { putStandIns } from './stand.ins.ts';

/**
 * Postgres in a thread of its own. PGlite's own protocol calls take a whole message and have no more input to offer
 * when COPY asks for it; here the two socket callbacks of the backend are ours, and a read with nothing to read sleeps
 * until the main thread sends more, as it would on a socket.
 */

/** Output is posted in pieces of about this size while a statement still runs. */
const OUTPUT_CHUNK = 256 * 1024;
/** With this much output not yet taken over by the main thread, Postgres waits. */
const MAX_UNREAD = 16 * 1024 * 1024;

const { dataDir, edition, port, flags } = workerData as EngineOptions;
const cells = new Int32Array(flags, 0, FLAG_CELLS);
const stackPointer = new StackPointer();

let input: Uint8Array = new Uint8Array(0);
let inputOffset = 0;
let output: Uint8Array[] = [];
let outputSize = 0;
let earlyReady: EarlyReady | undefined;

function reply(message: EngineReply): void {
  port.postMessage(message);
}

function takeOutput(): Uint8Array | undefined {
  if (outputSize === 0) return undefined;
  const bytes = new Uint8Array(outputSize);
  let offset = 0;
  for (const piece of output) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  output = [];
  outputSize = 0;
  Atomics.add(cells, Flag.unread, bytes.length);
  return bytes;
}

function postOutput(): void {
  const bytes = takeOutput();
  if (bytes) reply({ kind: 'output', bytes });
}

/** Sleeps until the main thread sends more of a COPY. */
function awaitFeed(): void {
  postOutput();
  reply({ kind: 'hungry' });
  for (;;) {
    const seen = Atomics.load(cells, Flag.messages);
    const request = receiveMessageOnPort(port)?.message as EngineRequest | undefined;
    if (request === undefined) {
      Atomics.wait(cells, Flag.messages, seen);
    } else if (request.kind !== 'close' && request.bytes.length > 0) {
      input = request.bytes;
      inputOffset = 0;
      return;
    }
  }
}

function install(postgres: PostgresModule): void {
  const read = (pointer: number, length: number): number => {
    if (inputOffset >= input.length) awaitFeed();
    const end = Math.min(inputOffset + length, input.length);
    postgres.HEAPU8.set(input.subarray(inputOffset, end), pointer);
    const count = end - inputOffset;
    inputOffset = end;
    return count;
  };
  const write = (pointer: number, length: number): number => {
    const bytes = postgres.HEAPU8.slice(pointer, pointer + length);
    const kept = earlyReady?.filter(bytes) ?? bytes;
    output.push(kept);
    outputSize += kept.length;
    if (outputSize >= OUTPUT_CHUNK) {
      postOutput();
      for (let unread = Atomics.load(cells, Flag.unread); unread > MAX_UNREAD;) {
        Atomics.wait(cells, Flag.unread, unread);
        unread = Atomics.load(cells, Flag.unread);
      }
    }
    return length;
  };
  postgres._pgl_set_rw_cbs(postgres.addFunction(read, 'ipi'), postgres.addFunction(write, 'ipi'));
}

/**
 * One startup packet for the life of the backend. It makes Postgres report settings as they change, as to any client.
 */
function introduce(postgres: PostgresModule): void {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const packet = Buffer.alloc(8 + parameters.length);
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(3 << 16, 4);
  parameters.copy(packet, 8);
  input = packet;
  inputOffset = 0;
  if (postgres._ProcessStartupPacket(postgres._pgl_getMyProcPort(), true, true) !== 0) {
    throw new Error('Postgres refused the startup packet');
  }
  postgres._pgl_sendConnData();
  postgres._pgl_pq_flush();
}

/** Feeds complete messages to Postgres' main loop until all are used up. Throws when the backend itself ended. */
function run({ jumped }: Build, postgres: PostgresModule, bytes: Uint8Array): void {
  input = bytes;
  inputOffset = 0;
  while (inputOffset < input.length || postgres._pq_buffer_remaining_data() > 0) {
    const stack = stackPointer.save();
    try {
      postgres._PostgresMainLoopOnce();
    } catch (error) {
      if (!jumped(postgres, error)) throw error;
      earlyReady?.failedAt(input, inputOffset - postgres._pq_buffer_remaining_data());
      stackPointer.restore(stack);
      postgres._PostgresMainLongJmp();
    }
  }
  postgres._PostgresSendReadyForQueryIfNecessary();
  postgres._pgl_pq_flush();
}

async function main(): Promise<void> {
  const build = await loadBuild(edition);
  const pglite = await build.PGlite.create({
    dataDir,
    extensions: {
      ...build.extensions,
      interruptible: interruptible(cells),
      stack_pointer: stackPointer.extension(),
    },
    startParams: [...build.PGlite.defaultStartParams.filter(notSearchPath), ...settings()],
  });
  const postgres = pglite.Module as unknown as PostgresModule;
  putStandIns(postgres);
  install(postgres);
  introduce(postgres);
  if (build.readyEarly) earlyReady = new EarlyReady();
  port.on('message', (request: EngineRequest) => {
    if (request.kind === 'close') {
      void pglite.close().finally(() => reply({ kind: 'closed' }));
      return;
    }
    // Input for a COPY that has failed meanwhile is skipped by the main loop like any other stray COPY data.
    try {
      run(build, postgres, request.bytes);
    } catch (error) {
      postOutput();
      reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
      port.close();
      return;
    }
    if (request.kind === 'run') reply({ kind: 'idle', bytes: takeOutput() });
    else postOutput();
  });
  reply({ kind: 'ready', bytes: takeOutput() });
}

/** `-c search_path=public` is not what Postgres starts with. */
function notSearchPath(parameter: string, index: number, all: string[]): boolean {
  return !parameter.startsWith('search_path=') && !all[index + 1]?.startsWith('search_path=');
}

/** Memory for one developer instead of a server, and a log that stays small on disk. */
function settings(): string[] {
  const values = {
    shared_buffers: '16MB',
    max_wal_size: '64MB',
    min_wal_size: '32MB',
    max_prepared_transactions: '0',
    log_min_messages: 'fatal',
    timezone: 'UTC',
    // As Supabase's Postgres has them: plans tell of both.
    effective_cache_size: '128MB',
    compute_query_id: 'on',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

main().catch((error: unknown) => {
  reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  port.close();
});
