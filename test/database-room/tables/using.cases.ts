import { expect, it } from '@jest/globals';
import { errorOf, resourceOf } from '../../harness/representations.js';
import type { Note, Notes } from './notes.js';

/** Rows that are read, written and removed. */
export function usingRows(of: Notes): void {
  const { invalid, path: notes, prefix } = of;

  it('should answer inserted rows with their defaults', () => {
    expect(of.first).toEqual({
      id: expect.any(Number),
      owner: of.ada.user?.id,
      body: 'milk',
      created_at: expect.any(String),
    });
  });

  it('should insert a single row, count it, and answer on both spellings of the path', async () => {
    const answer = await of.ada.post(`${notes}/`, { body: 'eggs' });
    expect(answer.status).toBe(201);
    expect(resourceOf<Note[]>(answer)).toMatchObject([{ body: 'eggs' }]);
    expect(Number(answer.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(0);
  });

  it('should show to each user their own rows only', async () => {
    expect(resourceOf(await of.bob.get(notes))).toEqual([]);
    expect(resourceOf<Note[]>(await of.ada.get(notes))).toHaveLength(2);
  });

  it('should select, order, limit and skip', async () => {
    const page = `${notes}?select=body&order=body.desc&limit=1&offset=1`;
    expect(resourceOf(await of.ada.get(page))).toEqual([{ body: 'bread' }]);
    expect(resourceOf(await of.ada.get(`${notes}?limit=0`))).toEqual([]);
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
    const rows = resourceOf<Note[]>(await of.ada.get(`${notes}?select=body&order=id&${filter}`));
    expect(rows.map(({ body }) => body)).toEqual(bodies);
  });

  it('should change what the filters leave, and nothing of others', async () => {
    const changed = await of.ada.patch(`${notes}?id=eq.${String(of.first.id)}`, { body: 'oat milk' });
    expect(resourceOf(changed)).toEqual([{ ...of.first, body: 'oat milk' }]);
    expect(resourceOf(await of.bob.patch(`${notes}?id=eq.${String(of.first.id)}`, { body: 'mine' }))).toEqual(
      [],
    );
    expect(resourceOf(await of.bob.delete(`${notes}?id=eq.${String(of.first.id)}`))).toEqual([]);
    expect(resourceOf<Note[]>(await of.ada.get(`${notes}?id=eq.${String(of.first.id)}`))[0]?.body).toBe(
      'oat milk',
    );
  });

  it('should upsert by the primary key, and by the columns of on_conflict', async () => {
    const answer = await of.ada.put(notes, { id: of.first.id, body: 'soy milk' });
    expect(answer.status).toBe(200);
    expect(resourceOf(answer)).toEqual([{ ...of.first, body: 'soy milk' }]);
    const again = await of.ada.put(`${notes}?on_conflict=id`, [{ id: of.first.id, body: 'milk' }]);
    expect(resourceOf(again)).toEqual([of.first]);
    expect(resourceOf(await of.ada.put(notes, { body: 'new' }))).toMatchObject([{ body: 'new' }]);
  });

  it('should delete what the filters leave, and answer what it was', async () => {
    expect(resourceOf(await of.ada.delete(`${notes}?id=eq.${String(of.first.id)}`))).toEqual([of.first]);
    expect(resourceOf<Note[]>(await of.ada.get(notes))).toHaveLength(1);
  });

  it('should keep every digit of what is written, and take rows that differ in their columns', async () => {
    const written = await of.ada.post(notes, '[{"id": 9007199254740993, "body": "big"}, {"body": "small"}]');
    expect(written.status).toBe(prefix === '/api' || written.status === 201 ? 201 : 200);
    const rows = resourceOf<Note[]>(await of.ada.get(`${notes}?select=id::text&body=eq.big`));
    expect(rows).toEqual([{ id: '9007199254740993' }]);
    expect(errorOf(await of.ada.post(notes, '[9007199254740993]')).status).toBe(invalid);
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`column_${String(at)}`, 1]));
    expect(errorOf(await of.ada.post(notes, many)).status).toBe(invalid);
    expect(errorOf(await of.ada.post(notes, [many, { body: 'x' }])).status).toBe(invalid);
  });
}
