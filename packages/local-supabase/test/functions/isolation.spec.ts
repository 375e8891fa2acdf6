import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Fastify from 'fastify';
import type { Context } from '../../src/context.ts';
import type { FunctionLimits } from '../../src/functions/limits.ts';
import { functionsPart } from '../../src/functions/part.ts';

const FUNCTIONS = {
  well: `Deno.serve(() => new Response('well'))`,
  prints: `enum Unused { A }
    Deno.serve(() => {
      console.log('to the log');
      console.warn('and a warning');
      throw new Error('here');
    });`,
  loop: `Deno.serve(() => { for (;;); })`,
  'boot-loop': 'for (;;);',
  heap: `Deno.serve(() => { const kept = []; for (;;) kept.push(new Array(100_000).fill({})); })`,
  buffers: `const kept: Uint8Array[] = [];
    Deno.serve(async () => { for (;;) { kept.push(new Uint8Array(20e6).fill(1)); await new Promise((r) => setTimeout(r, 5)); } })`,
  exits: 'Deno.serve(() => process.exit(1))',
  'deno-exits': 'Deno.serve(() => Deno.exit(1))',
  kills: `Deno.serve(() => { process.kill(process.pid, 'SIGKILL'); return new Response('alive'); })`,
  throws: `Deno.serve(() => { setTimeout(() => { throw new Error('later') }, 10); return new Promise(() => undefined); })`,
  rejects: `Deno.serve(() => { void Promise.reject(new Error('nobody waits')); return new Promise(() => undefined); })`,
  stack: `Deno.serve(() => { const f = (): number => 1 + f(); return new Response(String(f())); })`,
  halfway: `Deno.serve(() => new Response(new ReadableStream({ async start(s) {
    s.enqueue(new TextEncoder().encode('part')); await new Promise((r) => setTimeout(r, 50)); s.error(new Error('broken')); } })))`,
  silent: 'Deno.serve(() => new Promise(() => undefined))',
  endless: `Deno.serve(() => new Response(new ReadableStream({ async pull(s) {
    s.enqueue(new TextEncoder().encode('.')); await new Promise((r) => setTimeout(r, 20)); } })))`,
  babbles: `import { writeSync } from 'node:fs';
    Deno.serve(() => {
      for (const text of ['nonsense', '1', '[null]', '[{"kind":"module"}]', '{"length":']) writeSync(4, text + '\\n');
      for (const message of [null, 1, 'x', [], { type: 'file' }]) process.send!(message);
      return new Response('said');
    });`,
  'one-line': `Deno.serve(() => { process.stdout.write('y'.repeat(300_000)); return new Response(); })`,
  syntax: 'Deno.serve(() => {',
  serveless: 'export const nothing = 1;',
};

const lines: string[] = [];
/** Held to limits that are soon reached; the others to such as a busy machine does not reach by itself. */
const IMPATIENT = ['loop', 'boot-loop', 'silent', 'endless'];
const PATIENTLY = { stuckMs: 10_000, bootMs: 20_000, answerMs: 20_000, wallClockMs: 20_000, memoryMiB: 64 };
const SOON = { stuckMs: 500, bootMs: 2_500, answerMs: 1_500, wallClockMs: 3_000, memoryMiB: 64 };

interface Runtime {
  url: string;
  close(): Promise<void>;
}

let workdir: string;
let patient: Runtime;
let impatient: Runtime;

const call = (name: string): Promise<Response> => {
  const { url } = IMPATIENT.includes(name) ? impatient : patient;
  return fetch(`${url}/functions/v1/${name}`, { method: 'POST' });
};

async function serve(context: Context, limits: Partial<FunctionLimits>): Promise<Runtime> {
  const part = functionsPart(context, limits, (name) => (stream, line) => {
    lines.push(`${name} ${stream} ${line}`);
  });
  const app = Fastify({ forceCloseConnections: true });
  await app.register((scope) => part.routes(scope), { prefix: part.prefix });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    close: async () => {
      await part.close?.();
      await app.close();
    },
  };
}

beforeAll(async () => {
  workdir = await mkdtemp(join(tmpdir(), 'local-supabase-isolation-'));
  for (const [name, code] of Object.entries(FUNCTIONS)) {
    await mkdir(join(workdir, 'supabase', 'functions', name), { recursive: true });
    await writeFile(join(workdir, 'supabase', 'functions', name, 'index.ts'), code);
  }
  const settings = Object.fromEntries(Object.keys(FUNCTIONS).map((name) => [name, { verify_jwt: false }]));
  const keys = {
    anonKey: '',
    serviceRoleKey: '',
    publishableKey: '',
    secretKey: '',
    jwks: () => ({ keys: [] }),
  };
  // Only what the functions part reads: no database is needed for it.
  const context = { workdir, url: '', config: { functions: settings }, keys, database: { url: '' } };
  patient = await serve(context as unknown as Context, PATIENTLY);
  impatient = await serve(context as unknown as Context, SOON);
});

afterAll(async () => {
  await Promise.all([patient.close(), impatient.close()]);
  await rm(workdir, { recursive: true });
});

describe('What a function prints', () => {
  it('is told apart by its name, with the lines that were written in its errors', async () => {
    await call('prints');
    expect(lines).toContain('prints stdout to the log');
    expect(lines).toContain('prints stderr and a warning');
    const position = join(workdir, 'supabase', 'functions', 'prints', 'index.ts:5');
    expect(lines.find((line) => line.includes(position))).toContain('prints stderr');
  });
});

describe('A function', () => {
  it('may say anything to the server on the lines between them, and harms nobody', async () => {
    expect(await (await call('babbles')).text()).toBe('said');
    await call('one-line');
    const printed = (): string[] => lines.filter((line) => line.startsWith('one-line stdout y'));
    const length = (): number =>
      printed().reduce((sum, line) => sum + line.length - 'one-line stdout '.length, 0);
    // The end of a line that does not end is kept; all that was before it has come.
    while (length() < 200_000) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(Math.max(...printed().map((line) => line.length))).toBeLessThan(150_000);
    expect(await (await call('well')).text()).toBe('well');
  });

  it.each([
    ['loops without end', 'loop', 546, 'WORKER_LIMIT'],
    ['loops before it serves', 'boot-loop', 503, 'BOOT_ERROR'],
    ['fills its heap', 'heap', 546, 'WORKER_LIMIT'],
    ['fills buffers', 'buffers', 546, 'WORKER_LIMIT'],
    ['ends the process', 'exits', 500, 'WORKER_ERROR'],
    ["ends Deno's process", 'deno-exits', 500, 'WORKER_ERROR'],
    ['throws where nobody catches', 'throws', 500, 'WORKER_ERROR'],
    ['rejects where nobody waits', 'rejects', 500, 'WORKER_ERROR'],
    ['never answers', 'silent', 504, 'IDLE_TIMEOUT'],
    ['is not TypeScript', 'syntax', 503, 'BOOT_ERROR'],
    ['serves nothing', 'serveless', 503, 'BOOT_ERROR'],
  ])(
    'that %s answers for itself, while another goes on',
    async (_what, name, status, code) => {
      const failing = call(name);
      const neighbours = Array.from({ length: 3 }, async () => (await call('well')).text());
      expect(await Promise.all(neighbours)).toEqual(Array(3).fill('well'));
      const response = await failing;
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
      expect(await (await call('well')).text()).toBe('well');
    },
    30_000,
  );

  // A worker that ended is replaced: the same answer, not a dead end.
  it.each(['kills', 'stack', 'exits'])('cannot do harm by "%s", however often', async (name) => {
    expect((await call(name)).status).toBe(500);
    expect((await call(name)).status).toBe(500);
  });

  it('that breaks off its answer breaks off the connection', async () => {
    const response = await call('halfway');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(await (await call('well')).text()).toBe('well');
  });

  it('that answers without end is cut off', async () => {
    const response = await call('endless');
    await expect(response.text()).rejects.toThrow();
  }, 10_000);
});
