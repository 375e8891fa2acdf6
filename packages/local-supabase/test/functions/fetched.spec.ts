import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Context, Part } from '../../src/context.ts';
import { functionsPart } from '../../src/functions/part.ts';
import { until } from '../storage/harness/files.ts';
import { FakeOutside } from './fake.outside.ts';

/** The one fake here: the registries of packages and the servers of modules. */
const outside = new FakeOutside();
const lines: string[] = [];
let workdir: string;
let part: Part;
let app: FastifyInstance;
let url: string;

const functions = (web: string): Record<string, string> => ({
  'well/index.ts': `Deno.serve(() => new Response('well'))`,
  'all/deno.json': `{ "importMap": "./import_map.json" }`,
  'all/import_map.json': `{ "imports": { "lib": "npm:semver@~5.1", "web/": "${web}/" } }`,
  'all/index.ts': `
    import { version, peer } from 'lib';
    import { deep } from 'lib/deep';
    import { id } from 'npm:fake-peer';
    import { scoped } from 'jsr:@fake/lib@^1';
    import { answer, place, data } from 'web/latest/mod.ts';
    import { readFileSync } from 'node:fs';
    Deno.serve(() => Response.json({
      version, deep, samePeer: peer === id, scoped, answer, place, data, builtin: typeof readFileSync,
    }));`,
  'lazy/index.ts': `
    Deno.serve(async () => {
      try { return Response.json(await import('${web}/absent.ts')); }
      catch (error) { return new Response(error.message); }
    });`,
  'absent-package/index.ts': `import x from 'npm:absent@3'; Deno.serve(x)`,
  'absent-module/index.ts': `import x from '${web}/v1/imports-absent.ts'; Deno.serve(x)`,
  'page/index.ts': `import x from '${web}/page'; Deno.serve(x)`,
  'silent/index.ts': `import x from '${web}/silent.ts'; Deno.serve(x)`,
  'nobody/index.ts': `import x from 'http://nobody.invalid/mod.ts'; Deno.serve(x)`,
  'bare/index.ts': `import x from 'somewhere'; Deno.serve(x)`,
});

const call = (name: string): Promise<Response> => fetch(`${url}/functions/v1/${name}`, { method: 'POST' });

const linesOf = (name: string) => () => Promise.resolve(lines.filter((line) => line.startsWith(`${name} `)));

async function start(fetchMs = 60_000): Promise<void> {
  const names = Object.keys(functions('')).map((path) => dirname(path));
  const settings = Object.fromEntries(names.map((name) => [name, { verify_jwt: false }]));
  const keys = {
    anonKey: '',
    serviceRoleKey: '',
    publishableKey: '',
    secretKey: '',
    jwks: () => ({ keys: [] }),
  };
  const context = { workdir, url: '', config: { functions: settings }, keys, database: { url: '' } };
  part = functionsPart(context as unknown as Context, { fetchMs }, (name) => (_stream, line) => {
    lines.push(`${name} ${line}`);
  });
  app = Fastify({ forceCloseConnections: true });
  await app.register((scope) => part.routes(scope), { prefix: part.prefix });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
}

async function stop(): Promise<void> {
  await part.close?.();
  await app.close();
}

beforeAll(async () => {
  workdir = await mkdtemp(join(tmpdir(), 'local-supabase-fetched-'));
  const web = await outside.listen();
  process.env.XDG_CACHE_HOME = join(workdir, 'cache');
  process.env.npm_config_registry = web;
  await mkdir(join(workdir, 'supabase', 'functions'), { recursive: true });
  await writeFile(join(workdir, 'supabase', 'functions', '.npmrc'), `@jsr:registry=${web}/jsr\n`);
  for (const [path, content] of Object.entries(functions(web))) {
    const file = join(workdir, 'supabase', 'functions', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  await start();
});

afterAll(async () => {
  await stop();
  await outside.close();
  delete process.env.XDG_CACHE_HOME;
  delete process.env.npm_config_registry;
  await rm(workdir, { recursive: true });
});

const WHOLE = {
  // 7 is installed here, and 5.2 is newer.
  version: '5.1.2',
  deep: 'deep',
  samePeer: true,
  scoped: 'of JSR',
  answer: 42,
  data: { n: 1 },
  builtin: 'function',
};

describe('What a function imports and is not installed', () => {
  it('is fetched: packages of npm and JSR with their peers, and modules with what they import', async () => {
    const response = await call('all');
    const answer = (await response.json()) as Record<string, unknown>;
    expect(answer).toMatchObject(WHOLE);
    // After the redirect: what is relative is relative to that.
    expect(answer.place).toMatch(/\/v1\/mod\.ts$/);
    expect(lines.filter((line) => line.startsWith('all Fetching'))).toHaveLength(3);
  }, 60_000);

  it.each([
    ['absent-package', /"absent" is not installed, and could not be fetched: 404 Not Found.*\/absent/],
    ['absent-module', /"http:.*\/v1\/absent\.ts" could not be fetched: the server answered 404/],
    ['page', /could not be fetched: the server answered with a page, not a module/],
    ['nobody', /"http:\/\/nobody\.invalid\/mod\.ts" could not be fetched: .*nobody\.invalid/],
    ['bare', /"somewhere" is not installed\. Import it as "npm:somewhere"/],
  ])(
    'and cannot be fetched is told: %s',
    async (name, sentence) => {
      const failing = call(name);
      expect(await (await call('well')).text()).toBe('well');
      const response = await failing;
      expect(response.status).toBe(503);
      // It may arrive after the answer.
      await until(linesOf(name), (all) => all.some((line) => sentence.test(line)));
    },
    30_000,
  );

  it('is told where it is imported when that is while it runs', async () => {
    expect(await (await call('lazy')).text()).toMatch(
      /absent\.ts" could not be fetched: the server answered 404/,
    );
    expect(await (await call('lazy')).text()).toMatch(/404/);
  });

  it('is not waited for without end', async () => {
    await stop();
    await start(200);
    expect((await call('silent')).status).toBe(503);
    await until(linesOf('silent'), (all) =>
      all.some((line) => /silent\.ts" could not.*longer than 0\.2 s/.test(line)),
    );
  });

  it('needs no network once it was fetched, after a new start', async () => {
    await stop();
    await outside.close();
    await start();
    lines.length = 0;
    expect(await (await call('all')).json()).toMatchObject(WHOLE);
    expect(lines).toEqual([]);
  });
});
