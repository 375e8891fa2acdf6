import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { unavailable } from '../errors/errors.js';
import { KeyedCommit } from './keyed-commit.js';

/** An item is somebody and a number, such as `ada 1`. */
const keyOf = (item: string): string => item.split(' ', 1)[0] ?? '';

/** Answers each item with itself; batches with an item of somebody whose row is locked wait, and are refused. */
class LockedDatabase {
  readonly batches: string[][] = [];
  readonly locked = new Set<string>();
  private waiting: (() => void)[] = [];

  execute = async (items: readonly string[]): Promise<string[]> => {
    this.batches.push([...items]);
    if (!items.some((item) => this.locked.has(keyOf(item)))) return [...items];
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    const code = '55P03';
    throw unavailable('late', { cause: Object.assign(new Error('lock timeout'), { code }) });
  };

  /** The time of all who wait for a lock is over. */
  async refuse(): Promise<void> {
    this.waiting.splice(0).forEach((resolve) => resolve());
    for (let turn = 0; turn < 4; turn += 1) await nextTurn();
  }
}

const everybody = (count: number): string[] => Array.from({ length: count }, (_, n) => `user${String(n)} 1`);

describe('KeyedCommit', () => {
  it('should answer all of a batch but the one whose lock is not given, who waits once', async () => {
    const database = new LockedDatabase();
    database.locked.add('ada');
    const commit = new KeyedCommit({ execute: database.execute, keyOf });
    const results = Promise.allSettled(['ada 1', 'ada 2', ...everybody(20)].map((item) => commit.run(item)));
    await nextTurn();
    await database.refuse();
    // Now she waits alone, and everybody else has been answered.
    expect(database.batches.filter((batch) => batch.some((item) => keyOf(item) === 'ada'))).toHaveLength(2);
    await database.refuse();
    const statuses = (await results).map(({ status }) => status);
    expect(statuses).toEqual(['rejected', 'rejected', ...everybody(20).map(() => 'fulfilled')]);
    expect(database.batches.filter((batch) => batch.includes('ada 1'))).toHaveLength(2);
  });

  it('should keep her apart from then on, so that nobody waits with her, until she is given the lock', async () => {
    const database = new LockedDatabase();
    database.locked.add('ada');
    const commit = new KeyedCommit({ execute: database.execute, keyOf });
    const first = commit.run('ada 1').catch(() => 'refused');
    await nextTurn();
    await database.refuse();
    expect(await first).toBe('refused');

    const waits = commit.run('ada 2').catch(() => 'refused');
    expect(await Promise.all(everybody(3).map((item) => commit.run(item)))).toEqual(everybody(3));
    await database.refuse();
    expect(await waits).toBe('refused');

    database.locked.clear();
    expect(await commit.run('ada 3')).toBe('ada 3');
    database.batches.length = 0;
    await Promise.all([commit.run('ada 4'), commit.run('bob 1')]);
    expect(database.batches).toEqual([['ada 4', 'bob 1']]);
    await commit.close();
  });

  it('should not have everybody wait, one after the other, for a lock on all', async () => {
    const database = new LockedDatabase();
    const users = everybody(40);
    for (const item of users) database.locked.add(keyOf(item));
    const commit = new KeyedCommit({ execute: database.execute, keyOf });
    const results = Promise.allSettled(users.map((item) => commit.run(item)));
    await nextTurn();
    await database.refuse();
    await database.refuse();
    expect((await results).every(({ status }) => status === 'rejected')).toBe(true);
    expect(database.batches.length).toBeLessThan(10);
  });
});
