import { expect, it } from '@jest/globals';
import type { PostgrestFixture } from './postgrest.fixture.ts';

/** What is read of rows, and of rows beside them. */
export function rowsAreRead(rest: PostgrestFixture): void {
  const { get } = rest;

  it.each<[query: string, rows: unknown]>([
    ['select=id&name=eq.Ada', [{ id: 1 }]],
    ['select=id&name=in.(Ada,"Cy, \\"the\\" one")', [{ id: 1 }, { id: 3 }]],
    ['select=id&id=not.in.(1,2)', [{ id: 3 }]],
    ['select=id&id=in.()', []],
    ['select=id&name=like.A*', [{ id: 1 }]],
    ['select=id&name=ilike(any).{a*,b*}', [{ id: 1 }, { id: 2 }]],
    ['select=id&id=gt(all).{0,1}', [{ id: 2 }, { id: 3 }]],
    ['select=id&name=match.^A', [{ id: 1 }]],
    ['select=id&facts=is.null', [{ id: 2 }]],
    ['select=id&facts=is.not_null&mood=isdistinct.bad', [{ id: 1 }, { id: 3 }]],
    ['select=id&tags=cs.{x}', [{ id: 1 }]],
    ['select=id&tags=ov.{y,z}', [{ id: 1 }]],
    ['select=id&born=adj.[20,22)', [{ id: 1 }]],
    ['select=id&born=sl.[25,30)', [{ id: 1 }]],
    ['select=id&words=fts(english).cat', [{ id: 1 }]],
    ['select=id&name=wfts(simple).ada', [{ id: 1 }]],
    ['select=id&facts->n=gt.1', [{ id: 3 }]],
    ['select=id&facts->a->b->>1=eq.2', [{ id: 1 }]],
    ['select=id&or=(name.eq.Ada,and(mood.eq.bad,not.or(id.eq.9,id.eq.8)))', [{ id: 1 }, { id: 2 }]],
    ['select=id&not.and=(id.gt.1,name.neq."x,y")', [{ id: 1 }]],
    ['select=nom:name,a:facts->a->b&limit=1', [{ nom: 'Ada', a: [1, 2] }]],
    ['select=serial::text&limit=1', [{ serial: '9223372036854775807' }]],
    ['select=id,initials&order=initials.desc&limit=1', [{ id: 3, initials: 'C' }]],
    [
      'select=mood,count(),id.max()&order=mood',
      [
        { mood: 'good', count: 2, max: 3 },
        { mood: 'bad', count: 1, max: 2 },
      ],
    ],
    ['select=total:id.sum()::text', [{ total: '6' }]],
    ['select=id&order=serial.desc.nullslast&limit=2', [{ id: 1 }, { id: 2 }]],
    ['select=&limit=1', [{}]],
    ['select=v:facts->a->!b/c&facts->a->!b/c=is.null&id=lt.2', [{ v: null }]],
    ['select=v:tags->1,w:born->>x&id=eq.1', [{ v: 'y', w: null }]],
    ['select=id&id=in.( 1,3)&name=not.in.("")', [{ id: 1 }, { id: 3 }]],
    ['select=id&id=in.( )', []],
    ['select=id&facts=is.NULL&limit=few', [{ id: 2 }]],
    ['select=id&and=(id.gt.1,id.lt.3))', [{ id: 2 }]],
  ])('should read /writers?%s', async (query, rows) => {
    expect((await get(`/writers?${query}`)).body).toEqual(rows);
  });

  it.each<[query: string, rows: unknown]>([
    [
      'works?select=id,summaries(text)&id=lt.3',
      [
        { id: 1, summaries: { text: 'first' } },
        { id: 2, summaries: null },
      ],
    ],
    [
      'works?select=id,shelves(room)&shelves.room=eq.hall&limit=2',
      [
        { id: 1, shelves: { room: 'hall' } },
        { id: 2, shelves: null },
      ],
    ],
    ['works?select=id,shelves!inner(room)&shelves.room=eq.hall', [{ id: 1, shelves: { room: 'hall' } }]],
    ['works?select=id,shelves()&shelves=not.is.null', [{ id: 1 }, { id: 2 }]],
    ['works?summaries=is.null&select=id,summaries()&select=nothing', [{ id: 2 }, { id: 3 }]],
    [
      'works?select=id,subjects(label)&subjects.order=label&id=eq.1',
      [{ id: 1, subjects: [{ label: 'art' }, { label: 'math' }] }],
    ],
    [
      'works?select=id,subjects!inner(label)&subjects.label=eq.art',
      [{ id: 1, subjects: [{ label: 'art' }] }],
    ],
    ['works?select=id,...shelves(room)&limit=1', [{ id: 1, room: 'hall' }]],
    ['works?select=id,...subjects(label)&id=eq.2', [{ id: 2, label: ['math'] }]],
    ['works?select=pages.sum(),...shelves(room)&order=pages.sum()', undefined],
    [
      'works?select=pages.sum(),...shelves(room)&order=shelves(room)',
      [
        { sum: 50, room: 'attic' },
        { sum: 100, room: 'hall' },
        { sum: 10, room: null },
      ],
    ],
    [
      'works?select=id,...shelves(place:room)&order=shelves(place).desc&limit=2&shelf=gt.0',
      [
        { id: 1, place: 'hall' },
        { id: 2, place: 'attic' },
      ],
    ],
    ['rooms?select=id,part_of(id)&id=eq.2', [{ id: 2, part_of: { id: 1 } }]],
    ['works?select=title,id(text)&id=eq.1', [{ title: 'Alpha', id: { text: 'first' } }]],
    ['works?order=shelves(room).asc.nullslast&select=id,shelves()', [{ id: 2 }, { id: 1 }, { id: 3 }]],
    [
      'shelves?select=room,works(count)&order=id',
      [
        { room: 'hall', works: [{ count: 1 }] },
        { room: 'attic', works: [{ count: 1 }] },
      ],
    ],
    ['shelves?select=room,works(pages.sum())&id=eq.1', [{ room: 'hall', works: [{ sum: 100 }] }]],
    [
      'writers?select=id,works!writer(id)&id=eq.1&works.limit=1&works.offset=1',
      [{ id: 1, works: [{ id: 2 }] }],
    ],
    ['writers?select=id,works!works_writer_fkey(id)&id=eq.2', [{ id: 2, works: [{ id: 3 }] }]],
    ['works?select=id,by:writer(name)&id=eq.3', [{ id: 3, by: { name: 'Bob' } }]],
    ['writers?select=id,mentor(name)&id=eq.2', [{ id: 2, mentor: { name: 'Ada' } }]],
    ['writers?select=id,pupils:writers!mentor(id)&id=eq.1', [{ id: 1, pupils: [{ id: 2 }, { id: 3 }] }]],
    [
      'writers?select=id,longest(title),works_of(id)&id=eq.1',
      [{ id: 1, longest: { title: 'Alpha' }, works_of: [{ id: 1 }, { id: 2 }] }],
    ],
    [
      'works?select=id,good_writers!writer(name)&id=gte.2',
      [
        { id: 2, good_writers: { name: 'Ada' } },
        { id: 3, good_writers: null },
      ],
    ],
    [
      'works?select=id,writers!writer(name,works!editor(id))&id=eq.1',
      [{ id: 1, writers: { name: 'Ada', works: [{ id: 3 }] } }],
    ],
  ])('should embed /%s', async (query, rows) => {
    const answer = await get(`/${query}`);
    if (rows === undefined) expect(answer.status).toBe(400);
    else expect(answer.body).toEqual(rows);
  });
}
