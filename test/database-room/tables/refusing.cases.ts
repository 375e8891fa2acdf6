import { expect, it } from '@jest/globals';
import { Caller } from '../../harness/caller.js';
import { errorOf, resourceOf } from '../../harness/representations.js';
import type { Note, Notes } from './notes.js';

/** What is refused, and leaves everything as it was. */
export function refusals(of: Notes): void {
  const { invalid, path: notes, prefix } = of;

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
    const answer = await of.ada.send(
      method,
      `${notes}${query}`,
      method === 'PATCH' ? { body: 'x' } : undefined,
    );
    expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
    const rows = resourceOf<Note[]>(await of.ada.get(`${notes}?order=id`));
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
    expect(errorOf(await of.ada.get(`${notes}?${query}`))).toMatchObject({
      status: invalid,
      code: 'VALIDATION_ERROR',
    });
  });

  it.each(['nothing_of_this_name', 'credit_usage_rates', 'users'])(
    'should not find the table %s',
    async (table) => {
      expect(errorOf(await of.ada.get(`${prefix}/database/${table}`))).toMatchObject({
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
    const error = errorOf(await of.ada.post(notes, row));
    expect(error).toMatchObject({ status: invalid, detail: expect.stringContaining(reason) });
  });

  it.each(['"text"', '5', 'null', '[1]', '[[]]', '[null]'])('should refuse the body %s', async (body) => {
    expect(errorOf(await of.ada.post(notes, body)).status).toBe(invalid);
    expect(errorOf(await of.ada.put(notes, body)).status).toBe(invalid);
    expect(errorOf(await of.ada.patch(`${notes}?id=eq.1`, body)).status).toBe(invalid);
  });

  it('should refuse a duplicate with 409 and the reason', async () => {
    const error = errorOf(await of.ada.post(notes, { id: of.first.id, body: 'x' }));
    expect(error).toMatchObject({
      status: 409,
      code: 'CONFLICT',
      detail: expect.stringContaining('unique'),
    });
  });

  it('should refuse with 403 what a policy forbids, and say so', async () => {
    const stolen = errorOf(await of.bob.post(notes, { owner: of.ada.user?.id, body: 'x' }));
    expect(stolen).toMatchObject({ status: 403, detail: expect.stringContaining('row-level security') });
    const upserted = errorOf(await of.bob.put(notes, { id: of.first.id, body: 'mine' }));
    expect(upserted.status).toBe(403);
  });

  it('should refuse on_conflict that is none', async () => {
    for (const query of ['on_conflict=body', 'on_conflict=a.b', 'on_conflict=', 'id=eq.1'])
      expect(errorOf(await of.ada.put(`${notes}?${query}`, { body: 'x' })).status).toBe(invalid);
  });

  it('should refuse whoever is not signed in', async () => {
    const nobody = new Caller(of.api.url);
    for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'])
      expect((await nobody.send(method, notes, method === 'GET' ? undefined : {})).status).toBe(401);
  });
}
