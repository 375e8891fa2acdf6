import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PostgrestClient } from '@supabase/postgrest-js';
import * as fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startLocalSupabase, type LocalSupabase } from '../harness/worker.ts';
import { asRestError } from '../../src/rest/errors/database.error.ts';
import { LIBRARY_SQL } from './rest.schema.ts';

// On a busy machine everything takes longer; nothing here waits for a time to pass.
jest.setTimeout(60_000);

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
  readonly headers: Headers;
}

describe('/rest/v1 as PostgREST', () => {
  let workdir: string;
  let supabase: LocalSupabase;
  let database: pg.Client;
  let client: PostgrestClient;

  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'local-supabase-postgrest-'));
    supabase = await startLocalSupabase({
      workdir,
      memory: true,
      quiet: true,
      ports: { api: 0, db: 0, inbox: 0 },
      config: { api: { schemas: ['public', 'other'], max_rows: 1000 } },
    });
    database = new pg.Client({ connectionString: supabase.postgresUrl });
    await database.connect();
    await database.query(LIBRARY_SQL);
    client = new PostgrestClient(`${supabase.url}/rest/v1`);
  });
  afterAll(async () => {
    await database.end();
    await supabase.close();
    await rm(workdir, { recursive: true });
  });

  async function ask(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    const response = await fetch(`${supabase.url}/rest/v1${path}`, options);
    const text = await response.text();
    const isJson =
      /^application\/(?:[\w.]+\+)?json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return {
      status: response.status,
      text,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : undefined,
    };
  }
  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> => ask(path, { headers });
  const send = (method: string, path: string, body: unknown, prefer = ''): Promise<Answer> =>
    ask(path, {
      method,
      headers: {
        'content-type': 'application/json',
        prefer: `tx=rollback${prefer === '' ? '' : `,${prefer}`}`,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it.each<[query: string, rows: unknown]>([
    ['select=id&name=eq.Ada', [{ id: 1 }]],
    ['select=id&name=in.(Ada,"Cy, \\"the\\" one")', [{ id: 1 }, { id: 3 }]],
    ['select=id&id=not.in.(1,2)', [{ id: 3 }]],
    ['select=id&id=in.()', []],
    ['select=id&name=like.A*', [{ id: 1 }]],
    ['select=id&name=ilike(any).{a*,b*}', [{ id: 1 }, { id: 2 }]],
    ['select=id&id=gt(all).{0,1}', [{ id: 2 }, { id: 3 }]],
    ['select=id&name=match.^A', [{ id: 1 }]],
    ['select=id&facts=is.null', [{ id: 2 }]],
    ['select=id&facts=is.not_null&mood=isdistinct.bad', [{ id: 1 }, { id: 3 }]],
    ['select=id&tags=cs.{x}', [{ id: 1 }]],
    ['select=id&tags=ov.{y,z}', [{ id: 1 }]],
    ['select=id&born=adj.[20,22)', [{ id: 1 }]],
    ['select=id&born=sl.[25,30)', [{ id: 1 }]],
    ['select=id&words=fts(english).cat', [{ id: 1 }]],
    ['select=id&name=wfts(simple).ada', [{ id: 1 }]],
    ['select=id&facts->n=gt.1', [{ id: 3 }]],
    ['select=id&facts->a->b->>1=eq.2', [{ id: 1 }]],
    ['select=id&or=(name.eq.Ada,and(mood.eq.bad,not.or(id.eq.9,id.eq.8)))', [{ id: 1 }, { id: 2 }]],
    ['select=id&not.and=(id.gt.1,name.neq."x,y")', [{ id: 1 }]],
    ['select=nom:name,a:facts->a->b&limit=1', [{ nom: 'Ada', a: [1, 2] }]],
    ['select=serial::text&limit=1', [{ serial: '9223372036854775807' }]],
    ['select=id,initials&order=initials.desc&limit=1', [{ id: 3, initials: 'C' }]],
    [
      'select=mood,count(),id.max()&order=mood',
      [
        { mood: 'good', count: 2, max: 3 },
        { mood: 'bad', count: 1, max: 2 },
      ],
    ],
    ['select=total:id.sum()::text', [{ total: '6' }]],
    ['select=id&order=serial.desc.nullslast&limit=2', [{ id: 1 }, { id: 2 }]],
    ['select=&limit=1', [{}]],
  ])('should read /writers?%s', async (query, rows) => {
    expect((await get(`/writers?${query}`)).body).toEqual(rows);
  });

  it.each<[query: string, rows: unknown]>([
    [
      'works?select=id,summaries(text)&id=lt.3',
      [
        { id: 1, summaries: { text: 'first' } },
        { id: 2, summaries: null },
      ],
    ],
    [
      'works?select=id,shelves(room)&shelves.room=eq.hall&limit=2',
      [
        { id: 1, shelves: { room: 'hall' } },
        { id: 2, shelves: null },
      ],
    ],
    ['works?select=id,shelves!inner(room)&shelves.room=eq.hall', [{ id: 1, shelves: { room: 'hall' } }]],
    ['works?select=id,shelves()&shelves=not.is.null', [{ id: 1 }, { id: 2 }]],
    ['works?select=id&summaries=is.null&select=id,summaries()', [{ id: 2 }, { id: 3 }]],
    [
      'works?select=id,subjects(label)&subjects.order=label&id=eq.1',
      [{ id: 1, subjects: [{ label: 'art' }, { label: 'math' }] }],
    ],
    [
      'works?select=id,subjects!inner(label)&subjects.label=eq.art',
      [{ id: 1, subjects: [{ label: 'art' }] }],
    ],
    ['works?select=id,...shelves(room)&limit=1', [{ id: 1, room: 'hall' }]],
    ['works?select=id,...subjects(label)&id=eq.2', [{ id: 2, label: ['math'] }]],
    ['works?select=pages.sum(),...shelves(room)&order=pages.sum()', undefined],
    [
      'works?select=id&order=shelves(room).asc.nullslast&select=id,shelves()',
      [{ id: 2 }, { id: 1 }, { id: 3 }],
    ],
    [
      'shelves?select=room,works(count)&order=id',
      [
        { room: 'hall', works: [{ count: 1 }] },
        { room: 'attic', works: [{ count: 1 }] },
      ],
    ],
    ['shelves?select=room,works(pages.sum())&id=eq.1', [{ room: 'hall', works: [{ sum: 100 }] }]],
    [
      'writers?select=id,works!writer(id)&id=eq.1&works.limit=1&works.offset=1',
      [{ id: 1, works: [{ id: 2 }] }],
    ],
    ['writers?select=id,works!works_writer_fkey(id)&id=eq.2', [{ id: 2, works: [{ id: 3 }] }]],
    ['works?select=id,by:writer(name)&id=eq.3', [{ id: 3, by: { name: 'Bob' } }]],
    ['writers?select=id,mentor(name)&id=eq.2', [{ id: 2, mentor: { name: 'Ada' } }]],
    ['writers?select=id,pupils:writers!mentor(id)&id=eq.1', [{ id: 1, pupils: [{ id: 2 }, { id: 3 }] }]],
    [
      'writers?select=id,longest(title),works_of(id)&id=eq.1',
      [{ id: 1, longest: { title: 'Alpha' }, works_of: [{ id: 1 }, { id: 2 }] }],
    ],
    [
      'works?select=id,good_writers!writer(name)&id=gte.2',
      [
        { id: 2, good_writers: { name: 'Ada' } },
        { id: 3, good_writers: null },
      ],
    ],
    [
      'works?select=id,writers!writer(name,works!editor(id))&id=eq.1',
      [{ id: 1, writers: { name: 'Ada', works: [{ id: 3 }] } }],
    ],
  ])('should embed /%s', async (query, rows) => {
    const answer = await get(`/${query}`);
    if (rows === undefined) expect(answer.status).toBe(400);
    else expect(answer.body).toEqual(rows);
  });

  it.each<[path: string, status: number, code: string]>([
    ['/writers?id=foo.1', 400, 'PGRST100'],
    ['/writers?id=', 400, 'PGRST100'],
    ['/writers?select=a(', 400, 'PGRST100'],
    ['/writers?select=id::text;drop', 400, 'PGRST100'],
    ['/writers?or=(id.eq.1', 400, 'PGRST100'],
    ['/writers?order=id.sideways', 400, 'PGRST100'],
    ['/writers?limit=x', 400, 'PGRST100'],
    ['/writers?limit=-1', 416, 'PGRST103'],
    ['/writers?works.id=eq.1', 400, 'PGRST108'],
    ['/writers?select=id,nowhere(*)', 400, 'PGRST200'],
    ['/writers?select=id,works(*)', 300, 'PGRST201'],
    ['/writers?select=*,works!writer(*)&order=works(id)', 400, 'PGRST118'],
    ['/works?select=*,shelves(*)&shelves=eq.1', 400, 'PGRST120'],
    ['/writers?select=*,writers!writers_mentor_fkey(*)', 400, 'PGRST200'],
    ['/nowhere', 404, 'PGRST205'],
    ['/writers?select=nothing', 400, '42703'],
    ['/writers?facts=eq.x', 400, '22P02'],
    ['/writers?id=like.1*', 404, '42883'],
    ['/writers/extra', 404, 'PGRST125'],
    ['/writers/..%2F..%2Fsecret', 404, 'PGRST125'],
    ['/rpc/nowhere', 404, 'PGRST202'],
    ['/rpc/twice?b=1', 404, 'PGRST202'],
    ['/rpc/twice?a=1', 300, 'PGRST203'],
    ['/rpc/rename?who=1&name=x', 405, '25006'],
  ])('should refuse %s with %i %s', async (path, status, code) => {
    const { body, status: actual } = await get(path);
    expect({ status: actual, code: (body as { code?: string }).code }).toEqual({ status, code });
    expect(Object.keys(body as object).sort()).toEqual(['code', 'details', 'hint', 'message']);
  });

  it('should word ambiguity and guesses as PostgREST does', async () => {
    expect((await get('/writers?select=works(*)')).body).toMatchObject({
      message: "Could not embed because more than one relationship was found for 'writers' and 'works'",
      details: [
        {
          cardinality: 'one-to-many',
          embedding: 'writers with works',
          relationship: 'works_editor_fkey using writers(id) and works(editor)',
        },
        { relationship: 'works_writer_fkey using writers(id) and works(writer)' },
      ],
      hint: expect.stringContaining(
        "'works!works_editor_fkey', 'works!works_writer_fkey'",
      ) as unknown as string,
    });
    expect((await get('/writer')).body).toMatchObject({
      hint: "Perhaps you meant the table 'public.writers'",
    });
    expect((await get('/rpc/find_work?part=a')).body).toMatchObject({
      message: 'Could not find the function public.find_work(part) in the schema cache',
      hint: 'Perhaps you meant to call the function public.find_works',
    });
    expect((await get('/works?select=shelfs(*)')).body).toMatchObject({
      hint: "Perhaps you meant 'shelves' instead of 'shelfs'.",
    });
  });

  it('should choose and call functions by their arguments', async () => {
    const call = (name: string, args: object): Promise<Answer> => send('POST', `/rpc/${name}`, args);
    expect((await call('pair', { a: 1 })).body).toEqual({ total: 11, product: 10 });
    expect((await call('pair', { a: 2, b: 3 })).body).toEqual({ total: 5, product: 6 });
    expect((await get('/rpc/pair?a=2&b=3&select=total')).body).toEqual({ total: 5 });
    expect((await call('works_of', { w: { id: 1 } })).body).toHaveLength(2);
    expect((await call('size_of', { any: 'thing' })).body).toBe(15);
    expect((await call('size_of', [1, 2])).body).toBe(5);
    expect((await call('twice', { a: 1 })).status).toBe(300);
    expect((await get('/rpc/add_all?ns=1&ns=2&ns=3')).body).toBe(6);
    expect((await call('add_all', { ns: [1, 2] })).body).toBe(3);
    expect((await call('numbers', { n: 3 })).body).toEqual([1, 2, 3]);
    expect((await call('nothing', {})).status).toBe(204);
    expect((await get('/rpc/find_works?part=a&select=title,by:writer(name)&pages=gt.20')).body).toEqual([
      { title: 'Alpha', by: { name: 'Ada' } },
      { title: 'Beta', by: { name: 'Ada' } },
    ]);
    const upper = await ask('/rpc/upper_text', {
      method: 'POST',
      headers: { 'content-type': 'text/plain', accept: 'text/plain' },
      body: 'abc',
    });
    expect([upper.headers.get('content-type'), upper.text]).toEqual(['text/plain; charset=utf-8', 'ABC']);
    expect((await call('rename', { who: 1, name: 'Eve' })).body).toMatchObject({ name: 'Eve' });
    expect((await get('/writers?id=eq.1&select=name')).body).toEqual([{ name: 'Ada' }]);
  });

  it('should let functions set the answer', async () => {
    const tea = await send('POST', '/rpc/teapot', {});
    expect([tea.status, tea.headers.get('x-tea')]).toEqual([418, 'green']);
    const why = await send('POST', '/rpc/refuse', { code: 'json' });
    expect(why.body).toEqual({ code: '123', message: 'no', details: 'd', hint: 'h' });
    expect([why.status, why.headers.get('x-why')]).toEqual([402, 'because']);
    expect((await send('POST', '/rpc/refuse', { code: 'PT409' })).status).toBe(409);
    expect((await send('POST', '/rpc/refuse', { code: '42501' })).status).toBe(401);
  });

  it('should run with the settings of request and role, after the function that runs before', async () => {
    const { body } = await get('/rpc/settings?', {
      'x-agent': 'me',
      cookie: 'a=b',
      prefer: 'timezone=Asia/Tokyo',
    });
    expect(body).toEqual({
      role: 'anon',
      method: 'GET',
      path: '/rpc/settings',
      agent: 'me',
      cookie: 'b',
      zone: 'Asia/Tokyo',
      timeout: '3s',
      search_path: '"public", "public", "extensions"',
    });
    expect((await get('/writers', { 'x-block': '1' })).status).toBe(429);
  });

  it('should end what takes too long, and what nobody waits for', async () => {
    expect(await ask('/rpc/hurried?seconds=30')).toMatchObject({
      status: 500,
      body: { code: '57014', message: 'canceling statement due to statement timeout' },
    });
    const service = { apikey: supabase.serviceRoleKey, authorization: `Bearer ${supabase.serviceRoleKey}` };
    const left = fetch(`${supabase.url}/rest/v1/rpc/slow?seconds=7`, {
      headers: service,
      signal: AbortSignal.timeout(50),
    });
    await expect(left).rejects.toThrow();
    const started = performance.now();
    expect((await ask('/shelves?select=id')).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('should write, and say what it wrote', async () => {
    const rows = [
      { title: 'New', writer: 1 },
      { title: 'Newer', writer: 1 },
    ];
    const shown = await send(
      'POST',
      '/works?select=id,title,by:writer(name)',
      rows,
      'return=representation,count=exact',
    );
    expect(shown.body).toMatchObject([{ title: 'New', by: { name: 'Ada' } }, { title: 'Newer' }]);
    expect([shown.status, shown.headers.get('content-range')]).toEqual([201, '*/2']);
    expect(shown.headers.get('preference-applied')).toBe('return=representation, count=exact, tx=rollback');
    expect((await send('POST', '/works', { title: 'x', pages: null })).body).toMatchObject({ code: '23502' });
    const filled = await send(
      'POST',
      '/works?columns=title,pages',
      { title: 'x' },
      'return=representation,missing=default',
    );
    expect(filled.body).toMatchObject([{ title: 'x', pages: 1 }]);
    expect((await send('POST', '/works?columns=title,nope', { title: 'x' })).body).toMatchObject({
      code: 'PGRST204',
    });
    expect((await send('POST', '/works', [{ title: 'x' }, { pages: 1 }])).body).toMatchObject({
      code: 'PGRST102',
      message: 'All object keys must match',
    });
    expect((await send('POST', '/works', '{')).body).toMatchObject({ code: 'PGRST102' });
    expect((await send('POST', '/works', '7', 'return=representation')).body).toEqual([]);
    expect((await send('DELETE', '/works?apikey=eq.1', undefined)).body).toMatchObject({ code: '42703' });
    const located = await send('POST', '/subjects', { id: 7, label: 'x' }, 'return=headers-only');
    expect([located.status, located.headers.get('location')]).toEqual([201, '/subjects?id=eq.7']);
    const changed = await send('PATCH', '/works?writer=eq.1', { pages: 7 }, 'return=representation');
    expect(changed.body).toMatchObject([{ pages: 7 }, { pages: 7 }]);
    expect(changed.headers.get('content-range')).toBe('0-1/*');
    expect((await send('PATCH', '/works?id=eq.1', {}, 'return=representation')).body).toEqual([]);
    for (const [method, statement] of [
      ['PATCH', 'UPDATE'],
      ['DELETE', 'DELETE'],
    ] as const) {
      const body = method === 'PATCH' ? { pages: 1 } : undefined;
      expect(await send(method, '/works?select=id', body)).toMatchObject({
        status: 400,
        body: { code: '21000', message: `${statement} requires a WHERE clause`, details: null, hint: null },
      });
    }
    expect(
      (await send('DELETE', '/work_subjects?work=eq.2', undefined, 'return=representation')).body,
    ).toEqual([{ work: 2, subject: 1 }]);
    expect(
      (
        await send(
          'POST',
          '/writers',
          '{"id": 9, "name": "n", "serial": 9007199254740993}',
          'return=representation',
        )
      ).text,
    ).toContain('9007199254740993');
    const csv = await ask('/subjects', {
      method: 'POST',
      headers: { 'content-type': 'text/csv', prefer: 'tx=rollback,return=representation' },
      body: 'id,label\n8,"a ""b"", c"\n9,NULL',
    });
    expect(csv.body).toEqual([
      { id: 8, label: 'a "b", c' },
      { id: 9, label: null },
    ]);
  });

  it('should resolve conflicts as it is told to', async () => {
    const merged = 'return=representation,resolution=merge-duplicates';
    expect(await send('POST', '/subjects', { id: 1, label: 'x' })).toMatchObject({ status: 409 });
    expect(await send('POST', '/subjects', { id: 1, label: 'x' }, merged)).toMatchObject({
      status: 200,
      body: [{ id: 1, label: 'x' }],
    });
    expect(
      (
        await send(
          'POST',
          '/subjects',
          [
            { id: 1, label: 'x' },
            { id: 5, label: 'y' },
          ],
          merged,
        )
      ).status,
    ).toBe(201);
    expect(
      await send('POST', '/works?on_conflict=title', { title: 'Alpha', pages: 3 }, merged),
    ).toMatchObject({ status: 200, body: [{ id: 1, pages: 3 }] });
    expect(
      await send(
        'POST',
        '/subjects',
        { id: 1, label: 'x' },
        'return=representation,resolution=ignore-duplicates',
      ),
    ).toMatchObject({ status: 201, body: [] });
    expect((await send('PUT', '/subjects?id=eq.1', { id: 1, label: 'x' })).status).toBe(204);
    expect((await send('PUT', '/subjects?id=eq.6', { id: 6, label: 'x' })).status).toBe(201);
    expect((await send('PUT', '/subjects?id=eq.6', { id: 7, label: 'x' })).body).toMatchObject({
      code: 'PGRST115',
    });
    expect((await send('PUT', '/subjects?label=eq.x', { id: 7, label: 'x' })).body).toMatchObject({
      code: 'PGRST105',
    });
  });

  it('should undo what affects too much, is not one row, or is not to stay', async () => {
    const strict = 'handling=strict,max-affected=1';
    expect((await send('PATCH', '/works?pages=gt.0', { pages: 1 }, strict)).body).toEqual({
      code: 'PGRST124',
      message: 'Query result exceeds max-affected preference constraint',
      details: 'The query affects 3 rows',
      hint: null,
    });
    expect((await send('POST', '/rpc/pair', { a: 1 }, strict)).body).toMatchObject({ code: 'PGRST128' });
    expect((await send('POST', '/subjects', {}, 'handling=strict,anything')).body).toMatchObject({
      code: 'PGRST122',
    });
    const one = await ask('/works?id=gt.1', {
      method: 'PATCH',
      headers: {
        prefer: 'return=representation',
        accept: 'application/vnd.pgrst.object+json',
        'content-type': 'application/json',
      },
      body: '{"pages": 1}',
    });
    expect([one.status, (one.body as { code: string }).code]).toEqual([406, 'PGRST116']);
    expect((await get('/works?select=pages&order=id')).body).toEqual([
      { pages: 100 },
      { pages: 50 },
      { pages: 10 },
    ]);
  });

  it('should count and page', async () => {
    const count = async (path: string, prefer: string, headers = {}): Promise<[number, string | null]> => {
      const answer = await ask(path, { method: 'HEAD', headers: { prefer, ...headers } });
      return [answer.status, answer.headers.get('content-range')];
    };
    expect(await count('/writers', 'count=exact')).toEqual([200, '0-2/3']);
    expect(await count('/writers?limit=2', 'count=exact')).toEqual([206, '0-1/3']);
    expect(await count('/writers', 'count=exact', { range: '1-1' })).toEqual([206, '1-1/3']);
    expect(await count('/writers?limit=0', 'count=exact')).toEqual([206, '*/3']);
    expect(await count('/writers?offset=9', 'count=exact')).toEqual([416, null]);
    expect(await count('/writers?limit=1', '')).toEqual([200, '0-0/*']);
    expect(await count('/writers', 'count=estimated')).toEqual([200, '0-2/3']);
    expect((await count('/writers', 'count=planned'))[1]).toMatch(/^0-2\/\d+$/);
    expect(await count('/works?select=id,shelves!inner(id)', 'count=exact')).toEqual([200, '0-1/2']);
    expect((await get('/rpc/numbers?n=1500')).body).toHaveLength(1000);
    expect((await get('/rpc/numbers?n=9&limit=2&offset=3')).body).toEqual([4, 5]);
    expect((await get('/writers', { range: '5-2' })).body).toMatchObject({ code: 'PGRST103' });
  });

  it('should answer in the form that is asked for', async () => {
    const as = (accept: string, path = '/writers?select=id,facts&id=eq.2'): Promise<Answer> =>
      get(path, { accept });
    expect((await as('application/vnd.pgrst.object+json')).body).toEqual({ id: 2, facts: null });
    expect((await as('application/vnd.pgrst.array+json;nulls=stripped')).body).toEqual([{ id: 2 }]);
    expect((await as('application/vnd.pgrst.object+json;nulls=stripped')).body).toEqual({ id: 2 });
    expect((await as('text/csv', '/writers?select=id,name&id=gt.1')).text).toBe(
      'id,name\n2,Bob\n3,"Cy, ""the"" one"',
    );
    expect((await as('application/geo+json')).status).toBe(406);
    expect((await as('image/png')).body).toMatchObject({
      code: 'PGRST107',
      message: 'None of these media types are available: image/png',
    });
    expect((await as('image/png, */*;q=0.1')).status).toBe(200);
    const plan = await as(
      'application/vnd.pgrst.plan+json; for="application/json"; options=verbose|settings;',
    );
    expect(plan.headers.get('content-type')).toContain('application/vnd.pgrst.plan+json');
    expect(plan.body).toMatchObject([
      { Plan: {}, Settings: { search_path: '"public", "public", "extensions"' } },
    ]);
    expect((await as('application/vnd.pgrst.plan')).text).toMatch(/^Aggregate {2}\(cost=/);
  });

  it('should serve the schema that the profile names', async () => {
    const added = await ask('/things', {
      method: 'POST',
      headers: { 'content-profile': 'other', 'content-type': 'application/json' },
      body: '{"id": 1, "name": "n"}',
    });
    expect([added.status, added.headers.get('content-profile')]).toEqual([201, 'other']);
    expect((await get('/things', { 'accept-profile': 'other' })).body).toEqual([{ id: 1, name: 'n' }]);
    expect((await get('/things', { 'accept-profile': 'auth' })).body).toEqual({
      code: 'PGRST106',
      message: 'Invalid schema: auth',
      details: null,
      hint: 'Only the following schemas are exposed: public, other',
    });
  });

  it('should describe itself to who may see it', async () => {
    const { body, headers } = await get('/', { accept: 'application/openapi+json' });
    expect(headers.get('content-type')).toBe('application/openapi+json; charset=utf-8');
    expect(body).toMatchObject({
      swagger: '2.0',
      paths: {
        '/writers': { get: {}, post: {} },
        '/rpc/pair': { get: {}, post: {} },
        '/rpc/rename': { post: {} },
      },
      definitions: {
        works: {
          required: ['id', 'title', 'pages'],
          properties: {
            id: {
              type: 'integer',
              format: 'integer',
              description: expect.stringContaining('<pk/>') as unknown as string,
            },
            pages: { default: 1 },
            shelf: {
              description: expect.stringContaining("<fk table='shelves' column='id'/>") as unknown as string,
            },
          },
        },
        writers: {
          properties: { mood: { enum: ['good', 'bad'] }, tags: { type: 'array', items: { type: 'string' } } },
        },
      },
    });
    await database.query('revoke all on public.subjects from anon');
    expect((await get('/')).body).not.toHaveProperty(['paths', '/subjects']);
    await database.query('grant all on public.subjects to anon');
  });

  it.each([
    ['connect ECONNREFUSED', 'ECONNREFUSED'],
    ['Connection terminated unexpectedly', undefined],
    ['terminating connection', '57P01'],
  ])('should answer 503 where the database is gone: %s', (message, code) => {
    const failure = Object.assign(new Error(message), code === undefined ? {} : { code });
    expect(asRestError(failure, 'anon')).toMatchObject({ status: 503 });
  });

  it('should serve the official client', async () => {
    const all = await client
      .from('writers')
      .select('name, works!writer(title)')
      .order('id')
      .limit(1)
      .maybeSingle();
    expect(all.data).toEqual({ name: 'Ada', works: [{ title: 'Alpha' }, { title: 'Beta' }] });
    const undone = await client
      .from('subjects')
      .insert([{ id: 50 }, { label: 'q' }] as never, { defaultToNull: false })
      .select()
      .rollback();
    expect(undone.error?.code).toBe('23502');
    expect((await client.rpc('twice', { a: 'x' })).error?.code).toBe('PGRST203');
    expect((await client.from('writers').select().explain({ format: 'json' })).data).toMatchObject([
      { Plan: {} },
    ]);
  });

  it('should never fail on a query string, whatever it says', async () => {
    const word = fc.constantFrom(
      ...[
        'id',
        'name',
        'facts',
        'tags',
        'born',
        'words',
        'works',
        'writer',
        'shelves',
        'initials',
        'nope',
        '*',
        'count',
        '"',
        '',
      ],
      ...[
        'eq',
        'in',
        'is',
        'like',
        'cs',
        'fts',
        'not',
        'or',
        'and',
        'any',
        'null',
        'desc',
        'nullsfirst',
        'inner',
        'sum()',
        'avg()',
      ],
      ...[
        '.',
        ',',
        '(',
        ')',
        '{',
        '}',
        '!',
        ':',
        '::',
        '->',
        '->>',
        '...',
        '=',
        '&',
        'text',
        'int',
        '1',
        '-9',
        '1e99',
        "'",
        '%',
        '\\',
        '$1',
        '\0',
        'é',
        '🙂',
      ],
    );
    const soup = fc.array(word, { maxLength: 14 }).map((words) => words.join(''));
    const key = fc.oneof(
      fc.constantFrom(
        'select',
        'order',
        'or',
        'and',
        'not.or',
        'limit',
        'offset',
        'columns',
        'on_conflict',
        'works.id',
        'id',
        'facts->a',
      ),
      soup,
    );
    const query = fc.array(fc.tuple(key, fc.oneof(soup, fc.string())), { maxLength: 4 });
    const path = fc.constantFrom(
      '/writers',
      '/works',
      '/good_writers',
      '/rpc/find_works',
      '/rpc/pair',
      '/rpc/numbers',
    );
    await fc.assert(
      fc.asyncProperty(
        path,
        query,
        fc.constantFrom('GET', 'HEAD', 'DELETE', 'PATCH'),
        async (target, pairs, method) => {
          const search = new URLSearchParams(pairs).toString();
          const { status } = await ask(`${target}?${search}`, {
            method,
            headers: { prefer: 'tx=rollback', 'content-type': 'application/json' },
            ...(method === 'PATCH' ? { body: '{"id": 1}' } : {}),
          });
          return status < 500;
        },
      ),
      { numRuns: 150 },
    );
  });

  it('should read no statement into a name or a value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 30 }), async (text) => {
        if (text.includes('\0')) return true;
        const { data, error } = await client.from('writers').select('id').eq('name', text);
        return error === null && data.length === (text === 'Ada' || text === 'Bob' ? 1 : 0);
      }),
      { numRuns: 40 },
    );
  });
});
