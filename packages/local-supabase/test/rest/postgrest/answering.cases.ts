import { expect, it } from '@jest/globals';
import type { Answer, PostgrestFixture } from './postgrest.fixture.ts';

/** Counts, pages, media types, schemas and the description of it all. */
export function answersHaveForms(rest: PostgrestFixture): void {
  const { ask, get } = rest;

  it('should count and page', async () => {
    const count = async (path: string, prefer: string, headers = {}): Promise<[number, string | null]> => {
      const answer = await ask(path, { method: 'HEAD', headers: { prefer, ...headers } });
      return [answer.status, answer.headers.get('content-range')];
    };
    expect(await count('/writers', 'count=exact')).toEqual([200, '0-2/3']);
    expect(await count('/writers?limit=2', 'count=exact')).toEqual([206, '0-1/3']);
    expect(await count('/writers', 'count=exact', { range: '1-1' })).toEqual([200, '0-2/3']);
    const ranged = await get('/writers?select=id&offset=1&limit=5', { range: '0-1' });
    expect([ranged.body, ranged.headers.get('content-range')]).toEqual([[{ id: 2 }], '1-1/*']);
    expect(ranged.headers.get('content-location')).toBe('/writers?limit=5&offset=1&select=id');
    expect(await count('/writers?limit=0', 'count=exact')).toEqual([206, '*/3']);
    expect(await count('/writers?offset=9', 'count=exact')).toEqual([416, '*/3']);
    expect(await count('/writers?limit=1', '')).toEqual([200, '0-0/*']);
    expect(await count('/writers', 'count=estimated')).toEqual([200, '0-2/3']);
    expect(await count('/places', 'count=estimated')).toEqual([200, '*/0']);
    expect((await count('/writers', 'count=planned'))[1]).toMatch(/^0-2\/\d+$/);
    expect(await count('/rpc/numbers?n=2', 'count=planned')).toEqual([200, '0-1/*']);
    expect(await count('/rpc/numbers?n=2', 'count=estimated')).toEqual([200, '0-1/2']);
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
    expect((await as('application/vnd.pgrst.array;nulls=stripped')).body).toEqual([{ id: 2 }]);
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
    const ofOne = await as('application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object"');
    expect(ofOne.headers.get('content-type')).toContain('for="application/vnd.pgrst.object+json"');
    expect((await as('application/vnd.pgrst.plan')).text).toMatch(/^Aggregate {2}\(cost=/);
  });

  it('should serve the schema that the profile names', async () => {
    const added = await ask('/things', {
      method: 'POST',
      headers: {
        'content-profile': 'other',
        'content-type': 'application/json',
        prefer: 'return=representation',
      },
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

  it.each([
    ['/works', 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE'],
    ['/shapes', 'OPTIONS,GET,HEAD,POST,PATCH,DELETE'],
    ['/rpc/rename', 'OPTIONS,POST'],
    ['/rpc/twice', 'OPTIONS,GET,HEAD,POST'],
    ['/', 'OPTIONS,GET,HEAD'],
    ['/nowhere', null],
  ])('should say what can be done with %s', async (path, allowed) => {
    const { status, headers } = await ask(path, { method: 'OPTIONS' });
    expect([status, headers.get('allow')]).toEqual([allowed === null ? 404 : 200, allowed]);
  });

  it('should let browsers in', async () => {
    const headers = {
      origin: 'http://app.example',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'apikey,prefer',
    };
    const preflight = await ask('/works', { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('apikey,prefer');
    const read = await get('/works?limit=0', { origin: 'http://app.example' });
    expect(read.headers.get('access-control-allow-origin')).toBe('*');
    expect(read.headers.get('access-control-expose-headers')).toContain('Content-Range');
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
    expect(body).toMatchObject({ info: { title: 'standard public schema', description: '' } });
    const { properties } = (body as { definitions: { shapes: { properties: object } } }).definitions.shapes;
    expect(properties).toEqual({
      id: { type: 'integer', format: 'integer' },
      corners: { type: 'integer', format: 'integer', default: 3 },
      code: { type: 'string', format: 'character varying', maxLength: 3, default: 'abc' },
      made: { type: 'string', format: 'date', default: 'CURRENT_DATE' },
      areas: { type: 'array', format: 'numeric[]', items: { type: 'number' } },
      notes: { type: 'array', format: 'jsonb[]', items: {} },
    });
    expect(body).toMatchObject({
      paths: {
        '/rpc/add_all': {
          get: {
            parameters: [
              { type: 'array', collectionFormat: 'multi', items: { type: 'integer', format: 'integer' } },
            ],
          },
        },
        '/rpc/pair': {
          get: { parameters: [{ name: 'a', type: 'integer', required: true }, { required: false }] },
        },
      },
    });
    const other = await get('/', { 'accept-profile': 'other' });
    expect(other.body).toMatchObject({ info: { title: 'PostgREST API' } });
    await rest.sql('revoke all on public.subjects from anon');
    expect((await get('/')).body).not.toHaveProperty(['paths', '/subjects']);
    await rest.sql('grant all on public.subjects to anon');
  });
}
