import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { InvalidArgumentError, type Command } from 'commander';
import { lookup } from 'mrmime';
import { ConflictError } from '../client/errors.ts';
import type { FilePlace } from '../storage/storage.ts';
import { wholeNumber } from './api.commands.ts';
import type { GlobalOptions, Shell } from './cli.types.ts';
import { currentSession } from './current-session.ts';
import { expectFree, fileAt, fileIn, streamOf, withName, writeWhole } from './local-files.ts';
import { Printer } from './printer.ts';

const PLACES = `
Remote files are written bucket:path; me:path is your own folder of user-files.

Examples:
  $ supanest storage cp cat.png me:pictures/
  $ supanest storage cp me:pictures/cat.png - > cat.png
  $ supanest storage ls me:pictures`;

/** storage ls, cp, rm, url. */
export function addStorageCommands(program: Command, shell: Shell): void {
  const globals = (): GlobalOptions => program.opts<GlobalOptions>();
  const printer = (): Printer => new Printer(shell, globals());
  const storage = program.command('storage').description('files').addHelpText('after', PLACES);

  storage
    .command('ls [folder]')
    .description('list the buckets, or a folder')
    .action(async (folder?: string) => {
      const { client, userId } = await currentSession(shell, globals());
      if (folder === undefined) {
        const buckets = await client.listBuckets();
        const rows = buckets.map(({ id, public: isPublic }) => [id, isPublic ? 'public' : 'private']);
        printer().table(buckets, ['bucket', 'access'], rows);
        return;
      }
      const { bucket, path } = placeOf(folder, userId);
      const query = { prefix: path.replace(/\/+$/, ''), limit: 1_000 };
      const files = await client.listObjects({ path: { bucket }, query });
      const rows = files.map(({ id, name, metadata, updated_at }) =>
        id === null ? [`${name}/`, '', ''] : [name, Number(metadata?.size ?? 0), updated_at],
      );
      printer().table(files, ['name', 'bytes', 'changed'], rows);
    });

  storage
    .command('cp <from> <to>')
    .description('copy a file to or from storage; `-` is the input or the output')
    .option('-f, --force', 'replace what is there')
    .option('-t, --type <type>', 'its content type')
    .action(async (from: string, to: string, { force = false, type }: { force?: boolean; type?: string }) => {
      const { client, userId } = await currentSession(shell, globals());
      const out = printer();
      const transfer = { onProgress: out.progress, signal: shell.signal };
      if (isRemote(to) && !isRemote(from)) {
        const place = placeOf(from === '-' ? to : withName(to, from), userId);
        const body = from === '-' ? streamOf(shell.stdin) : await fileAt(from);
        const contentType = type ?? lookup(place.path);
        const options = { ...transfer, upsert: force, ...(contentType !== undefined && { contentType }) };
        const stored = await client.storage.upload(place, body, options).catch(suggestForce);
        out.good(stored, `Stored ${stored.full_path}`);
        return;
      }
      if (!isRemote(from) || isRemote(to))
        throw new InvalidArgumentError('One of the two has to be in storage.');
      const target = to === '-' ? to : await fileIn(to, from);
      if (target !== '-') await expectFree(target, force);
      const { body, size } = await client.storage.download(placeOf(from, userId), transfer);
      const source = Readable.fromWeb(body as NodeStream);
      if (target === '-') return pipeline(source, shell.stdout, { end: false });
      await writeWhole(target, source, force);
      out.good({ path: target, size }, `Fetched ${target}`);
    });

  storage
    .command('rm <file...>')
    .description('delete files of one bucket')
    .action(async (files: string[]) => {
      const { client, userId } = await currentSession(shell, globals());
      const places = files.map((file) => placeOf(file, userId));
      const bucket = places[0]?.bucket ?? '';
      if (places.some((place) => place.bucket !== bucket))
        throw new InvalidArgumentError('They are of several buckets.');
      const paths = places.map(({ path }) => path);
      const deleted = await client.deleteObjects({ path: { bucket }, body: { paths } });
      printer().good(deleted, `Deleted ${String(deleted.length)} of ${String(files.length)}`);
    });

  storage
    .command('url <file>')
    .description('make a link to a file that ends after a while')
    .option('-e, --expires-in <seconds>', 'how long it lasts', wholeNumber, 3_600)
    .action(async (file: string, { expiresIn }: { expiresIn: number }) => {
      const { client, userId } = await currentSession(shell, globals());
      const { bucket, path } = placeOf(file, userId);
      const body = { path, expires_in: expiresIn };
      const answer = await client.signUrls({ path: { bucket }, body });
      const link = Array.isArray(answer) ? answer[0] : answer;
      printer().result(link, link?.signed_url ?? '');
    });
}

/** @throws Error that says how to replace what is there */
function suggestForce(error: unknown): never {
  if (!(error instanceof ConflictError)) throw error;
  throw new ConflictError(Object.assign({}, error, { detail: 'It is there already; --force replaces it' }));
}

/** A letter and a colon begin a path on Windows. */
const isRemote = (file: string): boolean => /^[\w.-]{2,}:/.test(file);

function placeOf(file: string, userId: string): FilePlace {
  const [, bucket = '', path = ''] = /^([\w.-]{2,}):(.*)$/s.exec(file) ?? [];
  if (bucket === '') throw new InvalidArgumentError(`${file} is not in storage: write bucket:path.`);
  return bucket === 'me' ? { bucket: 'user-files', path: `${userId}/${path}` } : { bucket, path };
}
