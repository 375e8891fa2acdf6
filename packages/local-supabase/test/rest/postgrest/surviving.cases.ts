import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { PostgrestFixture } from './postgrest.fixture.ts';

/** Whatever anybody asks, and the official client. */
export function anythingIsSurvived(rest: PostgrestFixture): void {
  const { ask } = rest;

  it('should serve the official client', async () => {
    const all = await rest.client
      .from('writers')
      .select('name, works!writer(title)')
      .order('id')
      .limit(1)
      .maybeSingle();
    expect(all.data).toEqual({ name: 'Ada', works: [{ title: 'Alpha' }, { title: 'Beta' }] });
    const undone = await rest.client
      .from('subjects')
      .insert([{ id: 50 }, { label: 'q' }] as never, { defaultToNull: false })
      .select()
      .rollback();
    expect(undone.error?.code).toBe('23502');
    expect((await rest.client.rpc('twice', { a: 'x' })).error?.code).toBe('PGRST203');
    expect((await rest.client.from('writers').select().explain({ format: 'json' })).data).toMatchObject([
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
        const { data, error } = await rest.client.from('writers').select('id').eq('name', text);
        return error === null && data.length === (text === 'Ada' || text === 'Bob' ? 1 : 0);
      }),
      { numRuns: 40 },
    );
  });
}
