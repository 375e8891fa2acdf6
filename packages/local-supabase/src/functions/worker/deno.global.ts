import { readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import type { Handler, ServeOptions, Serving } from './serving.ts';
import type { WebSockets } from './web.sockets.ts';

class NotFound extends Error {
  override readonly name = 'NotFound';
}
class PermissionDenied extends Error {
  override readonly name = 'PermissionDenied';
}
class AlreadyExists extends Error {
  override readonly name = 'AlreadyExists';
}

const errors = { NotFound, PermissionDenied, AlreadyExists };

/** What Deno throws for Node's error codes. */
function asDeno(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new NotFound(message, { cause: error });
  if (code === 'EACCES' || code === 'EPERM') return new PermissionDenied(message, { cause: error });
  if (code === 'EEXIST') return new AlreadyExists(message, { cause: error });
  return error;
}

const denoErrors = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw asDeno(error);
  });

function denoErrorsSync<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asDeno(error);
  }
}

const info = (stats: { isFile(): boolean; isDirectory(): boolean; size: number; mtime: Date }): object => ({
  isFile: stats.isFile(),
  isDirectory: stats.isDirectory(),
  size: stats.size,
  mtime: stats.mtime,
});

/** The part of `Deno` that Edge Functions use. */
export function denoGlobal(
  serving: Serving,
  webSockets: WebSockets,
  environment: Record<string, string | undefined>,
): object {
  const env = {
    get: (name: string) => environment[name],
    has: (name: string) => environment[name] !== undefined,
    set: (name: string, value: string) => void (environment[name] = value),
    delete: (name: string) => void Reflect.deleteProperty(environment, name),
    toObject: () => ({ ...environment }),
  };
  return {
    env,
    errors,
    args: [],
    pid: process.pid,
    mainModule: '',
    version: { deno: 'supabase-edge-runtime-compatible', v8: process.versions.v8, typescript: '5' },
    build: { os: process.platform, arch: process.arch, target: `${process.arch}-${process.platform}` },
    upgradeWebSocket: (request: Request) => webSockets.upgrade(request),
    cwd: () => process.cwd(),
    exit: (code = 0) => process.exit(code),
    memoryUsage: () => process.memoryUsage(),
    readTextFile: (path: string | URL) => denoErrors(readFile(path, 'utf8')),
    readFile: (path: string | URL) => denoErrors(readFile(path).then((bytes) => new Uint8Array(bytes))),
    readTextFileSync: (path: string | URL) => denoErrorsSync(() => readFileSync(path, 'utf8')),
    readFileSync: (path: string | URL) => denoErrorsSync(() => new Uint8Array(readFileSync(path))),
    writeTextFile: (path: string | URL, text: string) => denoErrors(writeFile(path, text)),
    writeFile: (path: string | URL, bytes: Uint8Array) => denoErrors(writeFile(path, bytes)),
    mkdir: (path: string | URL, options?: { recursive?: boolean }) => denoErrors(mkdir(path, options)),
    remove: (path: string | URL, options?: { recursive?: boolean }) => denoErrors(rm(path, options)),
    stat: (path: string | URL) => denoErrors(stat(path).then(info)),
    lstat: (path: string | URL) => denoErrors(stat(path).then(info)),
    statSync: (path: string | URL) => denoErrorsSync(() => info(statSync(path))),
    readDir: async function* (path: string | URL) {
      for (const entry of await denoErrors(readdir(path, { withFileTypes: true }))) {
        yield { name: entry.name, isFile: entry.isFile(), isDirectory: entry.isDirectory() };
      }
    },
    serve(first: Handler | ServeOptions, second?: Handler) {
      serving.serve(first, second);
      const never = new Promise<void>(() => undefined);
      const addr = { transport: 'tcp', hostname: '0.0.0.0', port: 9999 };
      return {
        finished: never,
        addr,
        shutdown: () => Promise.resolve(),
        ref: () => undefined,
        unref: () => undefined,
      };
    },
  };
}

/** `EdgeRuntime`, as Supabase has it. */
export const edgeRuntimeGlobal = (serving: Serving): object => ({
  waitUntil: (work: Promise<unknown>) => serving.waitUntil(work),
});
