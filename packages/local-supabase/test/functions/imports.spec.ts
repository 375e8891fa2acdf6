import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ImportMap } from '../../src/functions/worker/import.map.ts';
import { readSpecifier } from '../../src/functions/worker/specifier.ts';
import { FunctionsFixture, source } from './functions.fixture.ts';

const named = (name: string, range: string, path = ''): object => ({
  ...{ kind: 'package', name, range },
  specifier: name + path,
});
const remote = (url: string): object => ({ kind: 'remote', url });

describe('readSpecifier', () => {
  it.each([
    ['npm:hono', named('hono', '')],
    ['npm:hono@4/cors', named('hono', '4', '/cors')],
    ['npm:hono@>=3 <5', named('hono', '>=3 <5')],
    ['npm:@scope/name@^1.2.3/sub/path.js', named('@scope/name', '^1.2.3', '/sub/path.js')],
    ['npm:/@scope/name@1', named('@scope/name', '1')],
    ['jsr:@supabase/supabase-js@2', named('@supabase/supabase-js', '2')],
    ['jsr:@std/assert@1/equals', named('@jsr/std__assert', '1', '/equals')],
    ['jsr:unscoped', { kind: 'unreadable', specifier: 'jsr:unscoped' }],
    ['jsr:@supabase/functions-js/edge-runtime.d.ts', { kind: 'own', module: 'types' }],
    ['https://esm.sh/@supabase/supabase-js@2.7.1', named('@supabase/supabase-js', '2.7.1')],
    ['https://esm.sh/zod@%5E3', named('zod', '^3')],
    ['https://esm.sh/*react-dom@18', named('react-dom', '18')],
    ['https://esm.sh/v135/stripe@14?target=deno', named('stripe', '14')],
    [
      'https://esm.sh/pr/supabase/supabase-js/@supabase/supabase-js@0a1b2c3/dist/cors.mjs',
      named('@supabase/supabase-js', '', '/dist/cors.mjs'),
    ],
    ['https://cdn.jsdelivr.net/npm/zod@3/+esm', named('zod', '3')],
    ['https://cdn.jsdelivr.net/gh/user/repo/mod.js', remote('https://cdn.jsdelivr.net/gh/user/repo/mod.js')],
    ['https://esm.sh/gh/user/repo', remote('https://esm.sh/gh/user/repo')],
    ['https://esm.sh/zod@3.22.4/es2022/zod.mjs', remote('https://esm.sh/zod@3.22.4/es2022/zod.mjs')],
    ['https://deno.land/std@0.168.0/http/server.ts', { kind: 'own', module: 'http-server' }],
    ['https://deno.land/std/http/server.ts', { kind: 'own', module: 'http-server' }],
    ['https://deno.land/x/foo/mod.ts', remote('https://deno.land/x/foo/mod.ts')],
    ['npm:', { kind: 'unreadable', specifier: 'npm:' }],
    ['node:fs', { kind: 'other', specifier: 'node:fs' }],
    ['./beside.ts', { kind: 'other', specifier: './beside.ts' }],
  ])('%s', (specifier, target) => {
    expect(readSpecifier(specifier)).toEqual(target);
  });
});

describe('readSpecifier, for what a CDN serves', () => {
  it('means files of that CDN, and packages of others', () => {
    const parent = 'https://esm.sh/gh/user/repo';
    expect(readSpecifier('https://esm.sh/zod@3', parent)).toEqual(remote('https://esm.sh/zod@3'));
    expect(readSpecifier('https://esm.sh/zod@3', 'https://deno.land/x/a/mod.ts')).toEqual(named('zod', '3'));
  });
});

describe('ImportMap', () => {
  const map = new ImportMap(
    {
      imports: { hono: 'npm:hono@4', 'lib/': './lib/', 'lib/special/': './other/', '@/': '../' },
      scopes: { './old/': { hono: 'npm:hono@3' }, 'https://deno.land/': { unknown: 'npm:known' } },
    },
    'file:///project/supabase/functions/deno.json',
  );

  it.each([
    ['hono', 'npm:hono@4'],
    ['hono/cors', 'npm:hono@4/cors'],
    ['lib/a.ts', 'file:///project/supabase/functions/lib/a.ts'],
    ['lib/special/a.ts', 'file:///project/supabase/functions/other/a.ts'],
    ['@/shared.ts', 'file:///project/supabase/shared.ts'],
    ['unknown', 'unknown'],
  ])('%s', (specifier, target) => {
    expect(map.resolve(specifier, 'file:///project/supabase/functions/a/index.ts')).toBe(target);
  });

  it.each([
    ['hono', 'file:///project/supabase/functions/old/index.ts', 'npm:hono@3'],
    ['unknown', 'https://deno.land/x/a/mod.ts', 'npm:known'],
    ['@/a.ts', 'https://deno.land/x/a/mod.ts', 'file:///project/supabase/a.ts'],
  ])('%s from %s', (specifier, importer, target) => {
    expect(map.resolve(specifier, importer)).toBe(target);
  });
});

describe('Imports of a function', () => {
  const fixture = new FunctionsFixture();

  beforeAll(
    () =>
      fixture.start({
        ...source(
          'packages',
          `import 'jsr:@supabase/functions-js/edge-runtime.d.ts';
           import { createClient } from 'jsr:@supabase/supabase-js@2';
           import { createClient as fromCdn } from 'https://esm.sh/@supabase/supabase-js@2';
           import { createClient as mapped } from 'supabase';
           import { corsHeaders } from 'npm:@supabase/supabase-js@2/cors';
           import { corsHeaders as fileOfCdn } from 'https://unpkg.com/@supabase/supabase-js@2/dist/cors.mjs';
           import { Buffer } from 'node:buffer';
           import data from './data.json' with { type: 'json' };
           import { plain } from './plain.js';
           import { helper } from '@/_shared/helper.ts';
           Deno.serve(async () => {
             const client = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_ANON_KEY')!);
             const { data: answer } = await client.functions.invoke('std');
             return Response.json({
               same: createClient === fromCdn && fromCdn === mapped, cors: corsHeaders['Access-Control-Allow-Origin'], file: fileOfCdn['Access-Control-Allow-Origin'],
               data, plain, helper, answer, bytes: Buffer.from('x').length, lazy: (await import('./lazy.ts')).lazy,
             });
           });`,
        ),
        'functions/packages/data.json': '{"n": 1}',
        'functions/packages/plain.js': 'export const plain = true;',
        'functions/packages/lazy.ts': 'export const lazy: string = "lazy";',
        'functions/_shared/helper.ts': 'export const helper = "helped";',
        'functions/deno.jsonc': `{
          // Comments are allowed here.
          "imports": { "supabase": "npm:@supabase/supabase-js@2", "@/": "./", },
        }`,
        ...source(
          'std',
          `import { serve } from 'https://deno.land/std@0.168.0/http/server.ts';
           serve(() => new Response('from std'));`,
        ),
      }),
    120_000,
  );
  afterAll(() => fixture.stop());

  it('find installed packages by every name they have, and files', async () => {
    const response = await fixture.call('packages');
    expect(await response.json()).toEqual({
      same: true,
      cors: '*',
      file: '*',
      data: { n: 1 },
      plain: true,
      helper: 'helped',
      answer: 'from std',
      bytes: 1,
      lazy: 'lazy',
    });
  });
});
