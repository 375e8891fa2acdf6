import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredModule } from './imports.types.ts';

const TIMEOUT_MS = 30_000;
/** In bytes: no module is that large. */
const MOST = 64 * 1024 * 1024;
/** Drafts of processes that were killed are deleted when they are this old. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** CDNs choose what they send by who asks: to Deno they send modules, to browsers pages. */
const HEADERS = { accept: '*/*', 'user-agent': 'Deno/2.1.4 (local-supabase)' };

/** Module files by their addresses, kept for ever, as Deno keeps them. */
export class ModuleStore {
  readonly #root: string;
  readonly #coming = new Map<string, Promise<string>>();
  #swept: Promise<void> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The file that holds what is at an address ({@link StoredModule}).
   * @param url with http: or https:
   * @throws Error that tells why there is none
   */
  async find(url: string, signal: AbortSignal): Promise<string> {
    const file = this.#fileOf(url);
    if (await exists(file)) return file;
    const coming = this.#coming.get(url) ?? this.#fetch(url, signal);
    this.#coming.set(url, coming);
    return coming.finally(() => this.#coming.delete(url));
  }

  async #fetch(url: string, signal: AbortSignal): Promise<string> {
    const late = AbortSignal.timeout(TIMEOUT_MS);
    const stored = await load(url, AbortSignal.any([late, signal])).catch((error: unknown) => {
      throw late.aborted ? new Error(`no answer within ${TIMEOUT_MS / 1000} s`, { cause: error }) : error;
    });
    const content = JSON.stringify(stored);
    // Under both addresses: those who import it directly shall not fetch it again.
    for (const address of new Set([url, stored.url])) await this.#keep(this.#fileOf(address), content);
    return this.#fileOf(url);
  }

  async #keep(file: string, content: string): Promise<void> {
    await mkdir(this.#root, { recursive: true });
    await (this.#swept ??= this.#sweep());
    const draft = `${file}.${randomUUID()}`;
    try {
      await writeFile(draft, content);
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async #sweep(): Promise<void> {
    for (const name of (await readdir(this.#root)).filter((known) => !known.endsWith('.json'))) {
      const path = join(this.#root, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > FORGOTTEN_AFTER_MS) await rm(path, { force: true });
    }
  }

  #fileOf(url: string): string {
    return join(this.#root, `${createHash('sha256').update(url).digest('hex')}.json`);
  }
}

async function load(url: string, signal: AbortSignal): Promise<StoredModule> {
  const response = await fetch(url, { signal, headers: HEADERS }).catch((error: unknown) => {
    throw new Error(reasonOf(error), { cause: error });
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
  }
  const contentType = response.headers.get('content-type') ?? '';
  const text = await textOf(response);
  if (contentType.startsWith('text/html')) throw new Error('the server answered with a page, not a module');
  return { url: response.url || url, contentType, text };
}

async function textOf({ body }: Response): Promise<string> {
  const pieces: AsyncIterable<Uint8Array> | [] = body ?? [];
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for await (const piece of pieces) {
    size += piece.length;
    if (size > MOST) throw new Error(`it is larger than ${MOST / 1024 / 1024} MiB`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** `fetch` itself says only that it failed; what went wrong is its cause, which may have nothing but a code. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code, message: detail = '' } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return detail || (code ?? message);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
