import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SupabaseDatabase } from '../../src/supabase/supabase-database.service.js';
import { SupabaseFunctions } from '../../src/supabase/supabase-functions.service.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { signUp } from '../harness/caller.js';
import { Upstream } from '../harness/upstream.js';

let upstream: Upstream;
let api: Api;
let database: SupabaseDatabase;
let functions: SupabaseFunctions;
let authToken: string;

beforeAll(async () => {
  upstream = await Upstream.start();
  api = await startApiFromSource(upstream.environment);
  database = api.app.get(SupabaseDatabase, { strict: false });
  functions = api.app.get(SupabaseFunctions, { strict: false });
  authToken = (await signUp(api.url)).token ?? '';
});
afterAll(async () => {
  await api.close();
  await upstream.close();
});

const table = 'notes';
const refusal = (kind: string): object => expect.objectContaining({ kind });

describe('SupabaseDatabase', () => {
  it('should insert, fetch, update, upsert and delete', async () => {
    const [note] = await database.insertData({ table, data: { body: 'a "quoted", (value)' }, authToken });
    const id = note?.id as number;
    const filters = { body: 'a "quoted", (value)' };
    expect(await database.fetchData({ table, filters, authToken })).toEqual([note]);
    expect(await database.fetchData({ table, select: 'id', filters: { id: [id, -1] }, authToken })).toEqual([
      { id },
    ]);
    expect(await database.fetchData({ table, filters: [['id', `gt.${String(id)}`]], authToken })).toEqual([]);
    expect(await database.fetchData({ table, filters: { body: null }, authToken })).toEqual([]);
    const changed = { ...note, body: 'changed' };
    expect(
      await database.updateData({ table, data: { body: 'changed' }, filters: { id }, authToken }),
    ).toEqual([changed]);
    const upserted = await database.upsertData({
      table,
      data: { id, body: 'again' },
      onConflict: 'id',
      authToken,
    });
    expect(upserted).toEqual([{ ...note, body: 'again' }]);
    expect(await database.deleteData({ table, filters: { id }, authToken })).toEqual(upserted);
    expect(await database.fetchData({ table, authToken, order: 'id.asc', limit: 5, offset: 0 })).toEqual([]);
  });

  it('should call a function, also for nobody', async () => {
    const call = { functionName: 'add', params: { a: 1, b: 2 } };
    expect(await database.callFunction({ ...call, authToken })).toBe(3);
    expect(await database.callFunction(call)).toBe(3);
  });

  it('should never read a value as an operator', async () => {
    await database.insertData({ table, data: { body: 'kept' }, authToken });
    expect(await database.deleteData({ table, filters: { body: 'neq.x' }, authToken })).toEqual([]);
    expect(await database.fetchData({ table, authToken })).toHaveLength(1);
  });

  it('should hold nobody signed in to the policies, with or without an address', async () => {
    for (const address of [undefined, '192.0.2.1']) {
      await expect(database.insertData({ table, data: { body: 'x' }, address })).rejects.toThrow(
        refusal('permission'),
      );
    }
  });

  it('should refuse changes without filters before anything is asked', async () => {
    const before = upstream.seen.length;
    await expect(database.updateData({ table, data: { body: 'x' }, filters: {}, authToken })).rejects.toThrow(
      refusal('validation'),
    );
    await expect(database.deleteData({ table, filters: [], authToken })).rejects.toThrow(
      refusal('validation'),
    );
    await expect(database.fetchData({ table: '../auth', authToken })).rejects.toThrow(refusal('validation'));
    await expect(database.callFunction({ functionName: 'a/b', authToken })).rejects.toThrow(
      refusal('validation'),
    );
    await expect(
      database.upsertData({ table, data: { body: 'x' }, onConflict: 'id;', authToken }),
    ).rejects.toThrow(refusal('validation'));
    expect(upstream.seen).toHaveLength(before);
  });

  it('should refuse a token that is dead', async () => {
    await expect(database.fetchData({ table, authToken: 'a.b.c' })).rejects.toThrow(
      refusal('authentication'),
    );
  });

  it.each<[string, Upstream['fate']]>([
    ['cuts the connection', () => 'cut'],
    ['answers a page', () => ({ status: 502, body: '<html>secret-host</html>', type: 'text/html' })],
    ['answers rubbish', () => ({ status: 200, body: '<html>' })],
    ['answers something else', () => ({ status: 200, body: '{"hello": 1}' })],
    ['has lost its database', () => ({ status: 503, body: '{"code":"PGRST001","message":"secret-host"}' })],
    ['does not take our key', () => ({ status: 401, body: '{"message":"Invalid API key"}' })],
  ])('should be unavailable when Supabase %s', async (_, fate) => {
    upstream.fate = fate;
    const failure = await database.fetchData({ table, authToken }).catch((error: unknown) => error);
    upstream.fate = () => 'forward';
    expect(failure).toEqual(refusal('unavailable'));
    expect((failure as { detail: string }).detail).not.toContain('secret');
  });
});

describe('SupabaseFunctions', () => {
  it('should invoke a function by POST with JSON', async () => {
    const answer = await functions.invokeFunction({
      functionName: 'hello',
      body: { name: 'Ada' },
      authToken,
    });
    expect(await answer.json()).toEqual({ message: 'Hello Ada!' });
    const text = await functions.invokeFunction({
      functionName: 'hello',
      body: '{"name": "Bob"}',
      authToken,
    });
    expect(await text.json()).toEqual({ message: 'Hello Bob!' });
  });

  it('should refuse unknown functions, names that are none and dead tokens', async () => {
    const invoke = (functionName: string, token = authToken): Promise<Response> =>
      functions.invokeFunction({ functionName, authToken: token });
    await expect(invoke('nothing')).rejects.toThrow(refusal('not_found'));
    await expect(invoke('../rest/v1/notes')).rejects.toThrow(refusal('validation'));
    await expect(invoke('hello', 'a.b.c')).rejects.toThrow(refusal('authentication'));
  });
});
