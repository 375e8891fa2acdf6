import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MODES } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';

interface Note {
  id: number;
  owner: string;
  body: string;
  created_at: string;
}

describe.each(MODES)('/database $mode', ({ environment }) => {
  // Tokens and representations have nothing to do with each other: not every pair of them has to run.
  const shown =
    environment.API_SECRET_KEY === undefined ? representations.slice(0, 1) : representations.slice(1);
  let api: Api;
  beforeAll(async () => {
    api = await startApi(environment);
  });
  afterAll(() => api.close());

  describe.each(shown)('$prefix/database/notes', ({ prefix, invalid }) => {
    const notes = `${prefix}/database/notes`;
    let ada: Caller;
    let bob: Caller;
    let first: Note;
    beforeAll(async () => {
      [ada, bob] = await Promise.all([signUp(api.url), signUp(api.url)]);
      await sql("update supanest.profiles set subscription_tier = 'enterprise' where user_id = any($1)", [
        [ada.user?.id, bob.user?.id],
      ]);
    });
    beforeEach(async () => {
      await sql('delete from public.notes where owner = any($1)', [[ada.user?.id, bob.user?.id]]);
      const answer = await ada.post(notes, [{ body: 'milk' }, { body: 'bread' }]);
      [first] = resourceOf<[Note, Note]>(answer);
    });

    it('should answer inserted rows with their defaults', () => {
      expect(first).toEqual({
        id: expect.any(Number),
        owner: ada.user?.id,
        body: 'milk',
        created_at: expect.any(String),
      });
    });

    it('should insert a single row, count it, and answer on both spellings of the path', async () => {
      const answer = await ada.post(`${notes}/`, { body: 'eggs' });
      expect(answer.status).toBe(201);
      expect(resourceOf<Note[]>(answer)).toMatchObject([{ body: 'eggs' }]);
      expect(Number(answer.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(0);
    });

    it('should show to each user their own rows only', async () => {
      expect(resourceOf(await bob.get(notes))).toEqual([]);
      expect(resourceOf<Note[]>(await ada.get(notes))).toHaveLength(2);
    });

    it('should select, order, limit and skip', async () => {
      const page = `${notes}?select=body&order=body.desc&limit=1&offset=1`;
      expect(resourceOf(await ada.get(page))).toEqual([{ body: 'bread' }]);
      expect(resourceOf(await ada.get(`${notes}?limit=0`))).toEqual([]);
    });

    it.each([
      ['body=eq.milk', ['milk']],
      ['body=not.eq.milk', ['bread']],
      ['body=in.(milk,eggs)', ['milk']],
      ['body=like.*rea*', ['bread']],
      ['or=(body.eq.milk,body.eq.bread)&body=neq.milk', ['bread']],
      ['and=(body.gte.a,body.lt.c)', ['bread']],
      ['body=gte.a&body=lt.c', ['bread']],
      ['body=not.is.null', ['milk', 'bread']],
    ])('should filter by %s', async (filter, bodies) => {
      const rows = resourceOf<Note[]>(await ada.get(`${notes}?select=body&order=id&${filter}`));
      expect(rows.map(({ body }) => body)).toEqual(bodies);
    });

    it('should change what the filters leave, and nothing of others', async () => {
      const changed = await ada.patch(`${notes}?id=eq.${String(first.id)}`, { body: 'oat milk' });
      expect(resourceOf(changed)).toEqual([{ ...first, body: 'oat milk' }]);
      expect(resourceOf(await bob.patch(`${notes}?id=eq.${String(first.id)}`, { body: 'mine' }))).toEqual([]);
      expect(resourceOf(await bob.delete(`${notes}?id=eq.${String(first.id)}`))).toEqual([]);
      expect(resourceOf<Note[]>(await ada.get(`${notes}?id=eq.${String(first.id)}`))[0]?.body).toBe(
        'oat milk',
      );
    });

    it('should upsert by the primary key, and by the columns of on_conflict', async () => {
      const answer = await ada.put(notes, { id: first.id, body: 'soy milk' });
      expect(answer.status).toBe(200);
      expect(resourceOf(answer)).toEqual([{ ...first, body: 'soy milk' }]);
      const again = await ada.put(`${notes}?on_conflict=id`, [{ id: first.id, body: 'milk' }]);
      expect(resourceOf(again)).toEqual([first]);
      expect(resourceOf(await ada.put(notes, { body: 'new' }))).toMatchObject([{ body: 'new' }]);
    });

    it('should delete what the filters leave, and answer what it was', async () => {
      expect(resourceOf(await ada.delete(`${notes}?id=eq.${String(first.id)}`))).toEqual([first]);
      expect(resourceOf<Note[]>(await ada.get(notes))).toHaveLength(1);
    });

    it.each([
      ['PATCH', ''],
      ['DELETE', ''],
      ['PATCH', '?columns=eq.x'],
      ['DELETE', '?limit=eq.1'],
      ['DELETE', '?select=eq.1'],
      ['DELETE', '?owner.id=eq.1'],
      ['DELETE', '?or=()'],
      ['DELETE', '?id'],
      ['DELETE', '?id=1'],
      ['DELETE', '?id=equals.1'],
      ['DELETE', '?on_conflict=eq.id'],
      ['DELETE', '?apikey=eq.1'],
      ['DELETE', '?owner.or=(id.eq.1)'],
      ['DELETE', '?owner.not.and=(id.eq.1)'],
    ])('should refuse a %s with %j as without filters, and change nothing', async (method, query) => {
      const answer = await ada.send(
        method,
        `${notes}${query}`,
        method === 'PATCH' ? { body: 'x' } : undefined,
      );
      expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
      const rows = resourceOf<Note[]>(await ada.get(`${notes}?order=id`));
      expect(rows.map(({ body }) => body)).toEqual(['milk', 'bread']);
    });

    it.each([
      'body=milk',
      'body=resembles.milk',
      'body=not.milk',
      'body=in.milk',
      'id=is.5',
      'or=body.eq.milk',
      'or=(body.resembles.milk)',
      'body;drop=eq.1',
      'nothing=eq.1',
      'order=nothing.asc',
      'select=nothing',
      'id=eq.many',
      'limit=1001',
      'limit=-1',
      'limit=ten',
      'offset=-1',
      'limit=1&limit=2',
      'select=a&select=b',
    ])('should refuse the query %s', async (query) => {
      expect(errorOf(await ada.get(`${notes}?${query}`))).toMatchObject({
        status: invalid,
        code: 'VALIDATION_ERROR',
      });
    });

    it.each(['nothing_of_this_name', 'credit_usage_rates', 'users'])(
      'should not find the table %s',
      async (table) => {
        expect(errorOf(await ada.get(`${prefix}/database/${table}`))).toMatchObject({
          status: 404,
          code: 'NOT_FOUND',
        });
      },
    );

    it.each([
      [{ body: null }, 'null value'],
      [{ nothing: 1 }, 'nothing'],
      [{ body: 'x', id: 'many' }, 'many'],
    ])('should refuse the row %j with the reason', async (row, reason) => {
      const error = errorOf(await ada.post(notes, row));
      expect(error).toMatchObject({ status: invalid, detail: expect.stringContaining(reason) });
    });

    it.each(['"text"', '5', 'null', '[1]', '[[]]', '[null]'])('should refuse the body %s', async (body) => {
      expect(errorOf(await ada.post(notes, body)).status).toBe(invalid);
      expect(errorOf(await ada.put(notes, body)).status).toBe(invalid);
      expect(errorOf(await ada.patch(`${notes}?id=eq.1`, body)).status).toBe(invalid);
    });

    it('should keep every digit of what is written, and take rows that differ in their columns', async () => {
      const written = await ada.post(notes, '[{"id": 9007199254740993, "body": "big"}, {"body": "small"}]');
      expect(written.status).toBe(prefix === '/api' || written.status === 201 ? 201 : 200);
      const rows = resourceOf<Note[]>(await ada.get(`${notes}?select=id::text&body=eq.big`));
      expect(rows).toEqual([{ id: '9007199254740993' }]);
      expect(errorOf(await ada.post(notes, '[9007199254740993]')).status).toBe(invalid);
      const many = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`column_${String(at)}`, 1]));
      expect(errorOf(await ada.post(notes, many)).status).toBe(invalid);
      expect(errorOf(await ada.post(notes, [many, { body: 'x' }])).status).toBe(invalid);
    });

    it('should never fail on a query string, nor change a row for one that is refused', async () => {
      const word = fc.constantFrom(
        ...[
          'id',
          'body',
          'owner',
          'nothing',
          'eq.',
          'in.(',
          'is.null',
          'not.',
          'or',
          'and',
          '(',
          ')',
          ',',
          '.',
          '"',
        ],
        ...[
          '->',
          '::text',
          '*',
          '%',
          '\\',
          "'",
          '1',
          '9e99',
          '\0',
          'é',
          'like.',
          'fts(english).',
          'cs.{',
          '}',
          '!inner',
          'count()',
        ],
      );
      const soup = fc.array(word, { maxLength: 8 }).map((words) => words.join(''));
      const name = fc.oneof(
        fc.constantFrom('id', 'body', 'or', 'not.and', 'select', 'order', 'limit', 'x.or'),
        soup,
      );
      const query = fc
        .array(fc.tuple(name, soup), { minLength: 1, maxLength: 3 })
        .map((pairs) => new URLSearchParams(pairs).toString());
      const count = async (): Promise<number> => resourceOf<Note[]>(await ada.get(notes)).length;
      await fc.assert(
        fc.asyncProperty(query, async (search) => {
          expect((await ada.get(`${notes}?${search}`)).status).toBeLessThan(500);
          const before = await count();
          const { status } = await ada.delete(`${notes}?${search}`);
          expect(status).toBeLessThan(500);
          if (status >= 400) expect(await count()).toBe(before);
        }),
        { numRuns: 25 },
      );
    });

    it('should refuse a duplicate with 409 and the reason', async () => {
      const error = errorOf(await ada.post(notes, { id: first.id, body: 'x' }));
      expect(error).toMatchObject({
        status: 409,
        code: 'CONFLICT',
        detail: expect.stringContaining('unique'),
      });
    });

    it('should refuse with 403 what a policy forbids, and say so', async () => {
      const stolen = errorOf(await bob.post(notes, { owner: ada.user?.id, body: 'x' }));
      expect(stolen).toMatchObject({ status: 403, detail: expect.stringContaining('row-level security') });
      const upserted = errorOf(await bob.put(notes, { id: first.id, body: 'mine' }));
      expect(upserted.status).toBe(403);
    });

    it('should refuse on_conflict that is none', async () => {
      for (const query of ['on_conflict=body', 'on_conflict=a.b', 'on_conflict=', 'id=eq.1'])
        expect(errorOf(await ada.put(`${notes}?${query}`, { body: 'x' })).status).toBe(invalid);
    });

    it('should refuse whoever is not signed in', async () => {
      const nobody = new Caller(api.url);
      for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'])
        expect((await nobody.send(method, notes, method === 'GET' ? undefined : {})).status).toBe(401);
    });
  });

  describe.each(shown)('$prefix/database/rpc', ({ prefix, invalid }) => {
    const rpc = `${prefix}/database/rpc`;
    let ada: Caller;
    beforeAll(async () => {
      ada = await signUp(api.url);
    });

    /** The value of a function, whatever it is, out of its envelope. */
    const valueOf = (body: unknown): unknown => (prefix === '/api' ? body : (body as { data: unknown }).data);

    it('should answer the result', async () => {
      const { status, body } = await ada.post(`${rpc}/add`, { a: 1, b: 2 });
      expect({ status, value: valueOf(body) }).toEqual({ status: 200, value: 3 });
    });

    it.each([
      ['text', "'plain text'", 'plain text'],
      ['text', 'null', null],
      ['boolean', 'true', true],
      ['jsonb', `'{"a": [1, "2"]}'::jsonb`, { a: [1, '2'] }],
      ['setof integer', 'generate_series(1, 3)', [1, 2, 3]],
      ['uuid', 'auth.uid()', 'USER'],
    ])('should answer %s %s as JSON', async (type, value, expected) => {
      const name = `answers_${String(Math.random()).slice(2)}`;
      await sql(`create function public.${name}() returns ${type} language sql as $$ select ${value} $$`);
      await sql("notify pgrst, 'reload schema'");
      const { status, headers, body } = await ada.post(`${rpc}/${name}`);
      expect({ status, value: valueOf(body) }).toEqual({
        status: 200,
        value: expected === 'USER' ? ada.user?.id : expected,
      });
      expect(headers.get('content-type')).toContain('application/json');
    });

    it('should refuse arguments that are none, unknown functions and hostile names', async () => {
      expect(errorOf(await ada.post(`${rpc}/add`, { a: 'x', b: 1 })).status).toBe(invalid);
      expect(errorOf(await ada.post(`${rpc}/add`, [1, 2])).status).toBe(invalid);
      expect(errorOf(await ada.post(`${rpc}/add`, { a: 1 })).status).toBe(404);
      expect(errorOf(await ada.post(`${rpc}/nothing`, {})).status).toBe(404);
      for (const name of ['pg_catalog.version', '..%2Fnotes', 'supanest.charge', 'add%3Fa=1'])
        expect(errorOf(await ada.post(`${rpc}/${name}`, {})).status).toBe(invalid);
      expect((await new Caller(api.url).post(`${rpc}/add`, { a: 1, b: 2 })).status).toBe(401);
    });
  });
});
