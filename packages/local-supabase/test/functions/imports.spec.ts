import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ImportMap } from '../../src/functions/worker/import.map.ts';
import { readSpecifier } from '../../src/functions/worker/specifier.ts';
import { FunctionsFixture, source } from './functions.fixture.ts';

describe('readSpecifier', () => {
  it.each([
    ['npm:hono', { kind: 'package', name: 'hono', specifier: 'hono' }],
    ['npm:hono@4/cors', { kind: 'package', name: 'hono', specifier: 'hono/cors' }],
    [
      'npm:@scope/name@^1.2.3/sub/path.js',
      { kind: 'package', name: '@scope/name', specifier: '@scope/name/sub/path.js' },
    ],
    ['npm:/@scope/name@1', { kind: 'package', name: '@scope/name', specifier: '@scope/name' }],
    [
      'jsr:@supabase/supabase-js@2',
      { kind: 'package', name: '@supabase/supabase-js', specifier: '@supabase/supabase-js' },
    ],
    [
      'jsr:@std/assert@1/equals',
      { kind: 'package', name: '@jsr/std__assert', specifier: '@jsr/std__assert/equals' },
    ],
    ['jsr:@supabase/functions-js/edge-runtime.d.ts', { kind: 'own', module: 'types' }],
    [
      'https://esm.sh/@supabase/supabase-js@2.7.1',
      { kind: 'package', name: '@supabase/supabase-js', specifier: '@supabase/supabase-js' },
    ],
    ['https://esm.sh/v135/stripe@14?target=deno', { kind: 'package', name: 'stripe', specifier: 'stripe' }],
    [
      'https://esm.sh/pr/supabase/supabase-js/@supabase/supabase-js@0a1b2c3/dist/cors.mjs',
      {
        kind: 'package',
        name: '@supabase/supabase-js',
        specifier: '@supabase/supabase-js/dist/cors.mjs',
      },
    ],
    ['https://cdn.jsdelivr.net/npm/zod@3/+esm', { kind: 'package', name: 'zod', specifier: 'zod' }],
    ['https://deno.land/std@0.168.0/http/server.ts', { kind: 'own', module: 'http-server' }],
    ['https://deno.land/std/http/server.ts', { kind: 'own', module: 'http-server' }],
    ['https://deno.land/x/foo/mod.ts', { kind: 'remote', url: 'https://deno.land/x/foo/mod.ts' }],
    ['npm:', { kind: 'remote', url: 'npm:' }],
    ['node:fs', { kind: 'other', specifier: 'node:fs' }],
    ['./beside.ts', { kind: 'other', specifier: './beside.ts' }],
  ])('%s', (specifier, target) => {
    expect(readSpecifier(specifier)).toEqual(target);
  });
});

describe('ImportMap', () => {
  const map = new ImportMap(
    { hono: 'npm:hono@4', 'lib/': './lib/', 'lib/special/': './other/', '@/': '../' },
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
    expect(map.resolve(specifier)).toBe(target);
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
