import { expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { asRestError } from '../../../src/rest/errors/database.error.ts';
import type { PostgrestFixture } from './postgrest.fixture.ts';

/** What is refused, and in which words. */
export function questionsAreRefused(rest: PostgrestFixture): void {
  const { get } = rest;

  it.each<[path: string, status: number, code: string]>([
    ['/writers?id=foo.1', 400, 'PGRST100'],
    ['/writers?id=', 400, 'PGRST100'],
    ['/writers?select=a(', 400, 'PGRST100'],
    ['/writers?select=id::text;drop', 400, 'PGRST100'],
    ['/writers?or=(id.eq.1', 400, 'PGRST100'],
    ['/writers?order=id.sideways', 400, 'PGRST100'],
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
    ['/writers/', 404, 'PGRST125'],
    ['/rpc/', 404, 'PGRST202'],
    ['/writers/..%2F..%2Fsecret', 404, 'PGRST125'],
    ['/rpc/nowhere', 404, 'PGRST202'],
    ['/rpc/twice?b=1', 404, 'PGRST202'],
    ['/rpc/twice?a=1', 300, 'PGRST203'],
    ['/rpc/rename?who=1&name=x', 405, '25006'],
    ['/rpc/twice?a=is.it', 400, 'PGRST100'],
    ['/writers?columns=', 400, 'PGRST100'],
    ['/rpc/refuse?code=54001', 500, '54001'],
    ['/rpc/refuse?code=21000', 500, '21000'],
    ['/rpc/refuse?code=PT40A', 500, 'PT40A'],
  ])('should refuse %s with %i %s', async (path, status, code) => {
    const { body, status: actual } = await get(path);
    expect({ status: actual, code: (body as { code?: string }).code }).toEqual({ status, code });
    expect(Object.keys(body as object).sort()).toEqual(['code', 'details', 'hint', 'message']);
  });

  it.each<[query: string, column: number, details: string]>([
    ['id=0', 1, 'unexpected "0" expecting "not" or operator (eq, gt, ...)'],
    ['id=noop.0', 1, 'unexpected "o" expecting "not" or operator (eq, gt, ...)'],
    ['id=not.0', 5, 'unexpected "0" expecting operator (eq, gt, ...)'],
    ['id=equal.0', 3, 'unexpected "u" expecting operator (eq, gt, ...)'],
    ['id=fts().0', 5, 'unexpected ")" expecting operator (eq, gt, ...)'],
    ['id=is.nil', 5, 'unexpected "i" expecting isVal: (null, not_null, true, false, unknown)'],
    ['id=in.1', 4, 'unexpected "1" expecting "("'],
    ['order=id.sideways', 4, 'unexpected "s" expecting "asc", "desc", "nullsfirst" or "nullslast"'],
    ['order=id.asc.nullslasttt', 17, `unexpected 't' expecting "," or end of input`],
    ['select=facts->>--3', 10, 'unexpected "-" expecting digit'],
    [
      'or=()',
      4,
      'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
    ],
  ])('should say where /writers?%s goes wrong', async (query, column, details) => {
    const { body } = await get(`/writers?${query}`);
    expect(body).toMatchObject({ code: 'PGRST100', details });
    expect((body as { message: string }).message).toMatch(`(line 1, column ${column})`);
  });

  it('should say whose fault it was, and of which filter', async () => {
    const { headers, body } = await get('/works?select=*,shelves(*)&shelves=eq.1');
    expect(headers.get('proxy-status')).toBe('PostgREST; error=PGRST120');
    expect(body).toMatchObject({ message: "Bad operator on the 'shelves' embedded resource" });
    expect((await get('/writers?offset=9', { prefer: 'count=exact' })).headers.get('content-range')).toBe(
      '*/3',
    );
  });

  it('should refuse tokens as PostgREST does', async () => {
    const ask = async (claims: object): Promise<unknown> => {
      const token = await new SignJWT({ role: 'anon', ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(rest.supabase.jwtSecret));
      const { status, body } = await get('/shelves', { authorization: `Bearer ${token}` });
      const { code, message } = body as Record<string, unknown>;
      return [status, code, message];
    };
    expect(await ask({ exp: 1 })).toEqual([401, 'PGRST303', 'JWT expired']);
    expect(await ask({ nbf: 9_999_999_999 })).toEqual([401, 'PGRST303', 'JWT not yet valid']);
    expect(await ask({ iat: 9_999_999_999 })).toEqual([401, 'PGRST303', 'JWT issued at future']);
    expect(await ask({ role: 'nobody' })).toEqual([401, '22023', 'role "nobody" does not exist']);
    expect((await get('/shelves', { authorization: 'Bearer ' })).body).toMatchObject({
      code: 'PGRST301',
      message: 'Empty JWT is sent in Authorization header',
    });
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

  it.each([
    ['connect ECONNREFUSED', 'ECONNREFUSED'],
    ['Connection terminated unexpectedly', undefined],
    ['terminating connection', '57P01'],
  ])('should answer 503 where the database is gone: %s', (message, code) => {
    const failure = Object.assign(new Error(message), code === undefined ? {} : { code });
    expect(asRestError(failure, 'anon')).toMatchObject({ status: 503 });
  });
}
