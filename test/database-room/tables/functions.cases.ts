import { beforeAll, expect, it } from '@jest/globals';
import { Caller, signUp } from '../../harness/caller.js';
import { sql } from '../../harness/database.js';
import { errorOf, type Representation } from '../../harness/representations.js';
import type { SharedApi } from '../../harness/shared-api.js';

/** Functions of the database, as somebody who is signed in calls them. */
export function databaseFunctions(api: SharedApi, { prefix, invalid }: Representation): void {
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
}
