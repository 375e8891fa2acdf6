import { expect, it } from '@jest/globals';
import type { PostgrestFixture } from './postgrest.fixture.ts';

/** What is written, and what is undone. */
export function rowsAreWritten(rest: PostgrestFixture): void {
  const { ask, get, send } = rest;

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
    for (const body of ['{', '', '[{"title": "x"}, 7]'])
      expect((await send('POST', '/works', body)).body).toMatchObject({ code: 'PGRST102' });
    const defaults = await send('POST', '/shapes?select=id,corners', [{}, {}], 'return=representation');
    expect(defaults.body).toEqual([
      { id: 1, corners: 3 },
      { id: 2, corners: 3 },
    ]);
    const serials = '[{"serial": 9007199254740993}, {"serial": 1}]';
    const first = await send('PATCH', '/writers?select=serial&id=eq.1', serials, 'return=representation');
    expect(first.text).toBe('[{"serial":9007199254740993}]');
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
    const deferred = [1, 2].map((id) => ({ id, place: 1 }));
    expect((await send('POST', '/places', deferred)).body).toMatchObject({ code: '23505' });
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
    expect((await send('PUT', '/subjects?id=eq.6', { id: 6, label: 'x' })).status).toBe(204);
    const two = [
      { id: 6, label: 'x' },
      { id: 7, label: 'y' },
    ];
    const put = await send('PUT', '/subjects?id=eq.6', two, 'return=representation');
    expect(put).toMatchObject({ status: 201, body: [{ id: 6, label: 'x' }] });
    expect(put.headers.get('content-range')).toBeNull();
    expect(await send('POST', '/work_titles', { id: 1, title: 'x' }, merged)).toMatchObject({
      status: 200,
      body: [{ id: 1, title: 'x' }],
    });
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
    const rows = [{ id: 8 }, { id: 9 }];
    const added = await send('POST', '/subjects', rows, 'max-affected=1,timezone=UTC,handling=strict');
    expect(added.headers.get('preference-applied')).toBe('tx=rollback, handling=strict, timezone=UTC');
    const one = await ask('/works?id=gt.1', {
      method: 'PATCH',
      headers: {
        prefer: 'return=minimal',
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
}
