import type { Extension } from '@electric-sql/pglite';

interface StackExports {
  emscripten_stack_get_current(): number;
  _emscripten_stack_restore(pointer: number): void;
}

type Instantiate = (
  imports: unknown,
  done: (instance: { exports: unknown }, module: unknown) => void,
) => unknown;

/**
 * Where the stack of Postgres stands. An SQL error jumps out of the middle of it, and what was below would never be freed.
 * PGlite keeps the two functions to itself; the instance of WebAssembly has them.
 */
export class StackPointer {
  private exports: StackExports | undefined;

  /** As a PGlite extension, which is told how the instance is made. */
  extension(): Extension {
    return {
      name: 'stack_pointer',
      setup: (_pglite, options: Record<string, unknown>) => {
        const instantiate = options.instantiateWasm as Instantiate;
        const instantiateWasm: Instantiate = (imports, done) =>
          instantiate(imports, (instance, module) => {
            this.exports = instance.exports as StackExports;
            done(instance, module);
          });
        return Promise.resolve({ emscriptenOpts: { ...options, instantiateWasm } });
      },
    };
  }

  save(): number {
    return this.exports?.emscripten_stack_get_current() ?? 0;
  }

  restore(pointer: number): void {
    this.exports?._emscripten_stack_restore(pointer);
  }
}
