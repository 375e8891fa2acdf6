import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUp } from '../harness/caller.js';
import { client, PRICED, type Entry, type Person } from './clients.js';
import { verdict } from './verdict.js';
import { World } from './world.js';

/** A short form by default; `CHAOS_SECONDS=600 npm test -- --testPathPatterns test/chaos` goes on for long. */
const SECONDS = Number(process.env.CHAOS_SECONDS ?? 0);
/** Repeats the clients' and the disasters' choices, though not their timing. */
const SEED = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31));
const CLIENTS = 12;
const USERS = 5;
/** Low enough to be reached, so that the counters are put to the test as well. */
const DAILY_LIMIT = SECONDS > 0 ? 2_000 : 150;

/** The short form leaves the machine to other suites as well. */
const THINK_MS = SECONDS > 0 ? 0 : 20;

let world: World;
let users: Person[];
let admin: Person;

beforeAll(async () => {
  world = await World.create();
  await world.sql(`update supanest.tiers set daily_requests = $1, signup_credits = 400 where name = 'free'`, [
    DAILY_LIMIT,
  ]);
  for (const { path, price } of Object.values(PRICED)) {
    await world.sql(
      'insert into supanest.credit_usage_rates (endpoint_path, credits_per_request) values ($1, $2)',
      [path, price],
    );
  }
  users = await Promise.all(Array.from({ length: USERS }, newPerson));
  admin = await newPerson();
  await world.sql(`update supanest.profiles set role = 'admin' where id = $1`, [admin.profileId]);
}, 120_000);
afterAll(() => world.close());

async function newPerson(): Promise<Person> {
  const caller = await signUp(world.url(0));
  const { body } = await caller.get<{ id: number }>('/api/users/me');
  return { token: caller.token ?? '', profileId: body.id };
}

describe('the ledger, while everything around it breaks', () => {
  it(
    `should lose nothing and invent nothing (seed ${String(SEED)})`,
    async () => {
      const random = randomNumbers(SEED);
      let running = true;
      const crowd = { users, admin, random, running: () => running, thinkMs: THINK_MS };
      const clients = Array.from({ length: CLIENTS }, () => client(world, crowd));
      const started = performance.now();
      for (const disaster of disasters) await disaster();
      while (performance.now() - started < SECONDS * 1_000) {
        await disasters[Math.floor(random() * disasters.length)]?.();
        await pause(300 * random());
      }
      running = false;
      const diary = (await Promise.all(clients)).flat();
      expect(await world.settle()).toEqual([0, 0]);

      expect({ broken: await verdict(world, diary, DAILY_LIMIT), history: world.history }).toEqual({
        broken: [],
        history: world.history,
      });
      expectLife(diary);
    },
    (SECONDS + 120) * 1_000,
  );
});

// A process that is killed takes with it what it owed, so each also has to live through the rest.
const disasters: (() => Promise<void> | void)[] = [
  () => pause(300),
  () => world.killApi(0),
  () => world.cut(0),
  () => storm(0),
  () => world.trouble(1, 'silent', 1_200),
  () => world.killApi(1),
  () => world.cut(1),
  () => storm(1),
  () => world.killPostgres(),
  () => pause(300),
];

/** Postgres is gone again and again, each time in the middle of what it was asked. */
async function storm(replica: 0 | 1): Promise<void> {
  for (let gust = 0; gust < 8; gust += 1) {
    await world.trouble(replica, 'down', 40);
    await pause(40);
  }
}

/** Something of everything has happened: a run in which nothing works proves nothing. */
function expectLife(diary: readonly Entry[]): void {
  const have = (what: (entry: Entry) => boolean): boolean => diary.some(what);
  expect({
    charges: have(({ action, status }) => action === 'charge' && status === 200),
    failures: have(({ action, status }) => action === 'fail' && status === 404),
    grants: have(({ action, status }) => action === 'grant' && status === 200),
    refusals: have(({ status }) => status === 503),
    lostAnswers: have(({ status }) => status === undefined),
  }).toEqual({ charges: true, failures: true, grants: true, refusals: true, lostAnswers: true });
}

/** A linear congruential generator: enough to make choices that can be repeated. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
