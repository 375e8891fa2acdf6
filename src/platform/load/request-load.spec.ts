import { describe, expect, it } from '@jest/globals';
import { LoadConfig } from '../config/config.js';
import { RequestLoad } from './request-load.js';

const loadOf = (requests: number): RequestLoad => {
  const load = new RequestLoad(new LoadConfig(10, 4, 50, 1_000, 1_000));
  for (let count = 0; count < requests; count += 1) load.begin();
  return load;
};
const QUIET = { loopMs: 0, databaseMs: 0 };

describe('RequestLoad', () => {
  it('should take as many as may wait, and one more for each that is answered', () => {
    const load = loadOf(9);
    expect(load.isFull).toBe(false);
    load.begin();
    expect(load.isFull).toBe(true);
    load.end();
    expect([load.isFull, load.requests]).toEqual([false, 9]);
  });

  it.each([
    ['the event loop', { loopMs: 200, databaseMs: 0 }],
    ['the database', { loopMs: 0, databaseMs: 200 }],
  ])('should take fewer while %s is late, and as many as before soon after', (_, delays) => {
    const load = loadOf(4);
    load.measure(delays, 200);
    expect(load.isFull).toBe(true);
    load.measure(QUIET, 200);
    expect(load.isFull).toBe(false);
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
