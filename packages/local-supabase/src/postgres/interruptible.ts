import type { Extension } from '@electric-sql/pglite';
import { Flag } from './engine.types.ts';
import type { PostgresModule } from './pglite.module.types.ts';

type HostFunction = (...args: unknown[]) => unknown;
type InstantiateWasm = (imports: Record<string, Record<string, unknown>>, done: unknown) => unknown;

/** Host functions that Postgres calls often enough to be a heartbeat. */
const CALLED_OFTEN = /^(invoke_\w+|emscripten_date_now|_setitimer_js|fd_p?(read|write)|__syscall_fstat64)$/;
/** So many readings of the clock, with nothing between them, are a sleep: Emscripten's spins. */
const SPINNING = 2000;
const ONE_YEAR_NS = 365n * 24n * 3600n * 1_000_000_000n;

/**
 * A thread inside WebAssembly gets no signals, so Postgres cannot be told to cancel. But Postgres keeps calling its host
 * (for the time, for files, around every PG_TRY), and polls two flags in its memory. Wrapped host functions look at our
 * shared flag and raise Postgres' own. What never calls the host is ended the hard way, see `Engine`.
 */
export function interruptible(cells: Int32Array): Extension {
  return {
    name: 'interruptible',
    setup: (_pglite, options: Record<string, unknown>) => {
      const heartbeat = new Heartbeat(cells);
      const instantiate = options.instantiateWasm as InstantiateWasm;
      const instantiateWasm: InstantiateWasm = (imports, done) => {
        for (const [name, group] of Object.entries(imports)) {
          // Tables of addresses make an entry of whatever is read from them.
          if (!name.startsWith('GOT.')) wrapHost(group, heartbeat);
        }
        return instantiate(imports, done);
      };
      const learnModule = (module: PostgresModule): void => {
        heartbeat.postgres = module;
      };
      const preRun = [...((options.preRun as unknown[] | undefined) ?? []), learnModule];
      return Promise.resolve({ emscriptenOpts: { ...options, instantiateWasm, preRun } });
    },
  };
}

function wrapHost(group: Record<string, unknown>, heartbeat: Heartbeat): void {
  for (const [name, value] of Object.entries(group)) {
    if (typeof value !== 'function') continue;
    const host = value as HostFunction;
    if (name === 'clock_time_get') {
      group[name] = (clock: number, precision: bigint, result: number) => {
        const status = host(clock, precision, result);
        heartbeat.clockRead(result);
        return status;
      };
    } else if (CALLED_OFTEN.test(name)) {
      group[name] = (...args: unknown[]) => {
        heartbeat.beat();
        return host(...args);
      };
    }
  }
}

class Heartbeat {
  postgres: PostgresModule | undefined;
  private readonly cells: Int32Array;
  private clockReadings = 0;

  constructor(cells: Int32Array) {
    this.cells = cells;
  }

  /** True when Postgres has just been told to cancel. */
  beat(): boolean {
    this.clockReadings = 0;
    return this.interrupt();
  }

  private interrupt(): boolean {
    if (Atomics.load(this.cells, Flag.cancel) === 0 || this.postgres === undefined) return false;
    Atomics.store(this.cells, Flag.cancel, 0);
    this.postgres.HEAPU8[this.postgres._QueryCancelPending] = 1;
    this.postgres.HEAPU8[this.postgres._InterruptPending] = 1;
    return true;
  }

  /** A sleep spins on the clock: it gets the processor taken away, and when it is cancelled, a time that ends it. */
  clockRead(result: number): void {
    this.clockReadings += 1;
    if (this.clockReadings > SPINNING) {
      this.clockReadings -= 2;
      Atomics.wait(this.cells, Flag.cancel, 0, 1);
    }
    if (this.interrupt() && this.postgres) {
      const view = new DataView(this.postgres.HEAPU8.buffer);
      view.setBigUint64(result, view.getBigUint64(result, true) + ONE_YEAR_NS, true);
    }
  }
}
