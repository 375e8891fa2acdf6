import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import type { Command } from 'commander';
import { concatenated } from '../tensors/byte-streams.ts';
import { readNpyHeader, writeNpyHeader, type NpyHeader } from '../tensors/npy.ts';
import { supanestFiles } from '../tensors/supanest-files.ts';
import { TensorStore } from '../tensors/tensor-store.ts';
import { TensorExistsError } from '../tensors/tensor.errors.ts';
import type { GlobalOptions, Shell } from './cli.types.ts';
import { currentSession } from './current-session.ts';
import { expectFree, streamOf, writeWhole } from './local-files.ts';
import { Printer } from './printer.ts';

const LONGEST_HEADER = 65_536 + 12;

/** tensor ls, info, get, put, rm. */
export function addTensorCommands(program: Command, shell: Shell): void {
  const globals = (): GlobalOptions => program.opts<GlobalOptions>();
  const printer = (): Printer => new Printer(shell, globals());
  const store = async (): Promise<TensorStore> => {
    const { client, userId } = await currentSession(shell, globals());
    return new TensorStore(supanestFiles(client, userId));
  };
  const tensor = program
    .command('tensor')
    .description('named arrays of numbers, as .npy files')
    .addHelpText(
      'after',
      '\nExamples:\n  $ supanest tensor put weights weights.npy\n  $ supanest tensor info weights',
    );

  tensor
    .command('ls')
    .description('list their names, and the bytes they take')
    .action(async () => {
      const tensors = await store();
      const names = await tensors.keys();
      const bytes = await tensors.usage();
      printer().result(
        { names, bytes },
        [...names, `${String(names.length)} tensors, ${String(bytes)} bytes`].join('\n'),
      );
    });

  tensor
    .command('info <name>')
    .description('show kind and shape')
    .action(async (name: string) => {
      const info = await (await store()).describe(name);
      printer().result(info, `${info.dtype} (${info.shape.join(', ')})`);
    });

  tensor
    .command('get <name> <file>')
    .description('fetch one into an .npy file')
    .option('-f, --force', 'replace the file')
    .action(async (name: string, file: string, { force = false }: { force?: boolean }) => {
      await expectFree(file, force);
      const { dtype, shape, body } = await (await store()).read(name, shell.signal);
      const whole = concatenated(writeNpyHeader(dtype, shape), () => Promise.resolve(body));
      await writeWhole(file, Readable.fromWeb(whole as NodeStream), force);
      printer().good({ name, file, dtype, shape }, `Fetched ${file}`);
    });

  tensor
    .command('put <name> <file>')
    .description('store an .npy file')
    .option('-f, --force', 'replace what is there')
    .action(async (name: string, file: string, { force = false }: { force?: boolean }) => {
      const out = printer();
      const { dtype, shape, dataOffset } = await headerOf(file);
      const numbers = (): ReadableStream<Uint8Array> =>
        streamOf(createReadStream(file, { start: dataOffset }));
      const options = { overwrite: force, onProgress: out.progress, signal: shell.signal };
      await (await store()).set(name, { dtype, shape, open: numbers }, options).catch((error: unknown) => {
        if (error instanceof TensorExistsError)
          error.message = `${name} is there already; --force replaces it`;
        throw error;
      });
      out.good({ name, dtype, shape }, `Stored ${name}`);
    });

  tensor
    .command('rm <name>')
    .description('delete one')
    .action(async (name: string) => {
      const deleted = await (await store()).delete(name);
      printer().good({ name, deleted }, deleted ? `Deleted ${name}` : `There is no ${name}`);
    });
}

async function headerOf(path: string): Promise<NpyHeader> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_HEADER), 0, LONGEST_HEADER, 0);
    return readNpyHeader(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
