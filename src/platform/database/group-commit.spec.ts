import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { unavailable } from '../errors/errors.js';
import { GroupCommit, type GroupCommitOptions } from './group-commit.js';

const double = (n: number): number => n * 2;

/** An executor that keeps what it was given and waits for `release` where told to hold. */
class FakeDatabase {
  readonly batches: number[][] = [];
  private held: (() => void)[] = [];
  atOnce = 0;
  mostAtOnce = 0;

  constructor(private readonly behave: (items: readonly number[], call: number) => void = () => undefined) {}

  execute = async (items: readonly number[]): Promise<number[]> => {
    this.batches.push([...items]);
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      if (this.holding) await new Promise<void>((resolve) => this.held.push(resolve));
      else await nextTurn();
      this.behave(items, this.batches.length);
      return items.map(double);
    } finally {
      this.atOnce -= 1;
    }
  };

  holding = false;

  release(): void {
    this.holding = false;
    this.held.splice(0).forEach((resolve) => resolve());
  }
}

const commitOver = (
  database: FakeDatabase,
  options: Partial<GroupCommitOptions<number, number>> = {},
): GroupCommit<number, number> => new GroupCommit({ execute: database.execute, ...options });

describe('GroupCommit', () => {
  it('should gather what arrives while a batch is at the database', async () => {
    const database = new FakeDatabase();
    database.holding = true;
    const group = commitOver(database);
    const first = group.run(1);
    await nextTurn();
    const rest = [2, 3, 4].map((n) => group.run(n));
    database.release();
    expect(await Promise.all([first, ...rest])).toEqual([2, 4, 6, 8]);
    expect(database.batches).toEqual([[1], [2, 3, 4]]);
  });

  it('should put requests of one turn of the event loop into one batch', async () => {
    const database = new FakeDatabase();
    const group = commitOver(database);
    await Promise.all([1, 2, 3].map((n) => group.run(n)));
    expect(database.batches).toEqual([[1, 2, 3]]);
  });

  it('should not wait for the end of a turn that goes on and on', async () => {
    const database = new FakeDatabase();
    const group = commitOver(database);
    const first = group.run(1);
    const enough = performance.now() + 40;
    while (performance.now() < enough) await Promise.resolve();
    expect(database.batches).toEqual([]);
    const second = group.run(2);
    expect(database.batches).toEqual([[1, 2]]);
    expect(await Promise.all([first, second])).toEqual([2, 4]);
  });

  it('should leave part of what is pending for the next batch, so that one is at the database while another is answered', async () => {
    const database = new FakeDatabase();
    database.holding = true;
    const group = commitOver(database, { concurrency: 2, maxBatch: 40 });
    const items = Array.from({ length: 100 }, (_, n) => n);
    const results = Promise.all(items.map((n) => group.run(n)));
    await nextTurn();
    // A half each, but no more than a batch holds.
    expect(database.batches.map(({ length }) => length)).toEqual([40, 40]);
    database.release();
    expect(await results).toEqual(items.map(double));
    expect(database.batches.map(({ length }) => length)).toEqual([40, 40, 16, 4]);
    expect(database.mostAtOnce).toBe(2);
  });

  it('should fail a faulty item only', async () => {
    const database = new FakeDatabase((items) => {
      if (items.includes(7)) throw new RangeError('seven');
    });
    const group = commitOver(database);
    const results = await Promise.allSettled(Array.from({ length: 16 }, (_, n) => group.run(n)));
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value / 2 : -1))).toEqual(
      Array.from({ length: 16 }, (_, n) => (n === 7 ? -1 : n)),
    );
    expect(results[7]).toMatchObject({ reason: new RangeError('seven') });
    expect(database.batches.length).toBeLessThan(12);
  });

  it('should isolate the item whose lock is not given', async () => {
    const lockTimeout = unavailable('late', {
      cause: Object.assign(new Error('lock timeout'), { code: '55P03' }),
    });
    const database = new FakeDatabase((items) => {
      if (items.includes(2)) throw lockTimeout;
    });
    const group = commitOver(database);
    const results = await Promise.allSettled([0, 1, 2, 3].map((n) => group.run(n)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('should run a batch again, whole, when the connection was lost', async () => {
    const database = new FakeDatabase((_, call) => {
      if (call === 1) throw unavailable();
    });
    const group = commitOver(database);
    expect(await Promise.all([group.run(1), group.run(2)])).toEqual([2, 4]);
    expect(database.batches).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('should give up when the database stays away', async () => {
    const database = new FakeDatabase(() => {
      throw unavailable();
    });
    const group = commitOver(database, { retries: 2 });
    const results = await Promise.allSettled([group.run(1), group.run(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(database.batches).toHaveLength(3);
  });

  it('should fail every item when the results do not fit', async () => {
    const group = new GroupCommit<number, number>({ execute: () => Promise.resolve([]) });
    await expect(group.run(1)).rejects.toThrow('a batch of 1 items was answered with 0 results');
  });

  it('should refuse more than its queue holds', async () => {
    const database = new FakeDatabase();
    database.holding = true;
    const group = commitOver(database, { maxQueue: 2 });
    const first = group.run(1);
    await nextTurn();
    const waiting = [group.run(2), group.run(3)];
    await expect(group.run(4)).rejects.toMatchObject({ kind: 'unavailable' });
    database.release();
    expect(await Promise.all([first, ...waiting])).toEqual([2, 4, 6]);
  });

  it('should not run an item whose turn comes too late', async () => {
    const database = new FakeDatabase();
    database.holding = true;
    const group = commitOver(database, { deadlineMs: 20 });
    const first = group.run(1);
    await nextTurn();
    // While the first one is still at the database.
    await expect(group.run(2)).rejects.toMatchObject({ kind: 'unavailable' });
    database.release();
    expect(await first).toBe(2);
    expect(database.batches).toEqual([[1]]);
  });

  it('should drain when closed and refuse what comes after', async () => {
    const database = new FakeDatabase();
    database.holding = true;
    const group = commitOver(database, { maxBatch: 1 });
    const results = [1, 2, 3].map((n) => group.run(n));
    const closed = group.close();
    await expect(group.run(4)).rejects.toMatchObject({ kind: 'unavailable' });
    await nextTurn();
    database.release();
    await closed;
    expect(await Promise.all(results)).toEqual([2, 4, 6]);
    await group.close();
  });

  it('should answer each item with its own result, in any order of arrivals and failures', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          waves: fc.array(fc.array(fc.nat(50), { maxLength: 20 }), { maxLength: 10 }),
          maxBatch: fc.integer({ min: 1, max: 8 }),
          concurrency: fc.integer({ min: 1, max: 3 }),
          poison: fc.nat(50),
          outages: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 3 }),
        }),
        async ({ waves, maxBatch, concurrency, poison, outages }) => {
          const database = new FakeDatabase((items, call) => {
            if (outages.includes(call)) throw unavailable();
            if (items.includes(poison)) throw new RangeError('poison');
          });
          const group = commitOver(database, { maxBatch, concurrency, retries: outages.length });
          const all: Promise<void>[] = [];
          for (const wave of waves) {
            for (const n of wave) {
              all.push(
                group.run(n).then(
                  (value) => expect(value).toBe(n === poison ? 'no result' : double(n)),
                  (error: unknown) => expect([n, error]).toEqual([poison, new RangeError('poison')]),
                ),
              );
            }
            await nextTurn();
          }
          await group.close();
          await Promise.all(all);
          expect(database.mostAtOnce).toBeLessThanOrEqual(concurrency);
          expect(Math.max(0, ...database.batches.map(({ length }) => length))).toBeLessThanOrEqual(maxBatch);
        },
      ),
    );
  });
});
