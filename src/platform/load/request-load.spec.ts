import { describe, expect, it } from '@jest/globals';
import { LoadConfig } from '../config/config.js';
import { RequestLoad } from './request-load.js';

const loadOf = (requests: number): RequestLoad => {
  const load = new RequestLoad(new LoadConfig(20, 4, 50, 1_000, 1_000));
  for (let count = 0; count < requests; count += 1) load.begin();
  return load;
};
const QUIET = { loopMs: 0, databaseMs: 0 };

describe('RequestLoad', () => {
  it('should take as many as may wait, and one more for each that is answered', () => {
    const load = loadOf(19);
    expect(load.isFull).toBe(false);
    load.begin();
    expect(load.isFull).toBe(true);
    load.end();
    expect([load.isFull, load.requests]).toEqual([false, 19]);
  });

  it.each([
    ['the event loop', 15, { loopMs: 60, databaseMs: 0 }],
    ['the database', 4, { loopMs: 0, databaseMs: 200 }],
  ])('should take fewer while %s is late, and as many as before soon after', (_, requests, delays) => {
    const load = loadOf(requests);
    load.measure(delays, 2_000);
    expect(load.isFull).toBe(true);
    load.measure(QUIET, 200);
    expect(load.isFull).toBe(false);
  });

  it('should take more the longer the turns of the event loop are, up to as many as may wait', () => {
    const full = (requests: number, loopMs: number): boolean => {
      const load = loadOf(requests);
      load.measure({ loopMs, databaseMs: 1_000 }, 10_000);
      return load.isFull;
    };
    expect([full(3, 0), full(4, 0), full(4, 16)]).toEqual([false, true, true]);
    expect([full(4, 20), full(5, 20), full(7, 33), full(8, 33)]).toEqual([false, true, false, true]);
    expect([full(19, 10_000), full(20, 10_000)]).toEqual([false, true]);
  });

  it('should be taken for late at all times where no delay is allowed', () => {
    const load = new RequestLoad(new LoadConfig(20, 4, 0, 1_000, 1_000));
    for (let count = 0; count < 4; count += 1) load.begin();
    load.measure({ loopMs: 0.2, databaseMs: 0 }, 100);
    expect(load.isFull).toBe(true);
  });

  it('should not take one pause for lateness, nor refuse the few while it is late', () => {
    const load = loadOf(4);
    load.measure({ loopMs: 60, databaseMs: 0 }, 80);
    expect(load.isFull).toBe(false);
    load.end();
    load.measure({ loopMs: 60_000, databaseMs: 60_000 }, 60_000);
    expect(load.isFull).toBe(false);
  });
});
