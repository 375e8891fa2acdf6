import { expect, it } from '@jest/globals';
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

  it.each([
    ['connect ECONNREFUSED', 'ECONNREFUSED'],
    ['Connection terminated unexpectedly', undefined],
    ['terminating connection', '57P01'],
  ])('should answer 503 where the database is gone: %s', (message, code) => {
    const failure = Object.assign(new Error(message), code === undefined ? {} : { code });
    expect(asRestError(failure, 'anon')).toMatchObject({ status: 503 });
  });
}
