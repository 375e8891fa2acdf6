import type { Credentials, CredentialsManager } from './credentials.types.ts';

/** One thing every credentials manager does. */
export interface ConformanceCase {
  name: string;
  /** @throws Error that says what is not as it should be */
  run: (manager: CredentialsManager) => Promise<void>;
}

const FIRST: Credentials = { accessToken: 'access-1', refreshToken: 'refresh-1' };
const SECOND: Credentials = { accessToken: 'access-2', refreshToken: 'refresh-2' };

/** Ids as users have them, and as nobody should be able to do harm with. */
const IDS = [
  'ada@example.com',
  'https://api.example.com/',
  '../../etc/passwd',
  '..',
  'C:\\windows\\system32',
  'a/b/c',
  '__proto__',
  'constructor',
  'ADA@example.com',
  'ÄÖÜ 名前 🙂',
  "x'; drop table users; --",
  'x'.repeat(150),
];

/**
 * What every credentials manager does, for any test runner: `for (const { name, run } of credentialsConformance)
 * it(name, () => run(new YourManager()))`. The cases may share one manager: each has ids of its own.
 */
export const credentialsConformance: readonly ConformanceCase[] = [
  {
    name: 'should answer null for what was never set',
    run: async (manager: CredentialsManager): Promise<void> => {
      expectSame(await manager.get(newId()), null);
    },
  },
  {
    name: 'should keep what was set',
    run: async (manager: CredentialsManager): Promise<void> => {
      const id = newId();
      await manager.set(id, FIRST);
      expectSame(await manager.get(id), FIRST);
    },
  },
  {
    name: 'should replace both tokens when set again',
    run: async (manager: CredentialsManager): Promise<void> => {
      const id = newId();
      await manager.set(id, FIRST);
      await manager.set(id, SECOND);
      expectSame(await manager.get(id), SECOND);
    },
  },
  {
    name: 'should update the access token alone',
    run: async (manager: CredentialsManager): Promise<void> => {
      const id = newId();
      await manager.set(id, FIRST);
      await manager.update(id, 'access-9');
      expectSame(await manager.get(id), { accessToken: 'access-9', refreshToken: 'refresh-1' });
    },
  },
  {
    name: 'should not make anything by an update of what is not there',
    run: async (manager: CredentialsManager): Promise<void> => {
      const id = newId();
      await manager.update(id, 'access-9');
      expectSame(await manager.get(id), null);
    },
  },
  {
    name: 'should answer null after a delete, and take a second one for done',
    run: async (manager: CredentialsManager): Promise<void> => {
      const id = newId();
      await manager.delete(id);
      await manager.set(id, FIRST);
      await manager.delete(id);
      await manager.delete(id);
      expectSame(await manager.get(id), null);
      await manager.update(id, 'access-9');
      expectSame(await manager.get(id), null);
    },
  },
  {
    name: 'should keep again what was deleted before',
    run: async (manager: CredentialsManager): Promise<void> => {
      const id = newId();
      await manager.set(id, FIRST);
      await manager.delete(id);
      await manager.set(id, SECOND);
      expectSame(await manager.get(id), SECOND);
    },
  },
  {
    name: 'should keep ids apart, whatever they are made of',
    run: async (manager: CredentialsManager): Promise<void> => {
      const suffix = newId();
      const entries = IDS.map((id, index): [string, Credentials] => [
        `${id}${id.startsWith('__') || id.startsWith('.') ? '' : suffix}`,
        { accessToken: `a${String(index)}`, refreshToken: `r${String(index)}` },
      ]);
      for (const [id, data] of entries) await manager.set(id, data);
      for (const [id, data] of entries) expectSame(await manager.get(id), data);
      for (const [id] of entries) await manager.delete(id);
      for (const [id] of entries) expectSame(await manager.get(id), null);
    },
  },
  {
    name: 'should keep long tokens as they are',
    run: async (manager: CredentialsManager): Promise<void> => {
      const id = newId();
      const data = { accessToken: 'é"\\\n'.repeat(2_000), refreshToken: 'r'.repeat(8_000) };
      await manager.set(id, data);
      expectSame(await manager.get(id), data);
    },
  },
  {
    name: 'should lose nothing when many are set at once',
    run: async (manager: CredentialsManager): Promise<void> => {
      const ids = Array.from({ length: 20 }, newId);
      await Promise.all(ids.map((id) => manager.set(id, FIRST)));
      await Promise.all(ids.map((id) => manager.update(id, `new ${id}`)));
      for (const id of ids) {
        expectSame(await manager.get(id), { accessToken: `new ${id}`, refreshToken: 'refresh-1' });
      }
    },
  },
  {
    name: 'should hand out what it keeps, not something to change it by',
    run: async (manager: CredentialsManager): Promise<void> => {
      const id = newId();
      const data = { ...FIRST };
      await manager.set(id, data);
      data.accessToken = 'changed';
      const found = await manager.get(id);
      if (found) found.refreshToken = 'changed';
      expectSame(await manager.get(id), FIRST);
    },
  },
  {
    name: 'should let one at a time through a lock, if it has locks',
    run: async (manager: CredentialsManager): Promise<void> => {
      if (!manager.lock) return;
      const id = newId();
      await manager.set(id, FIRST);
      let inside = 0;
      const work = async (): Promise<string> => {
        inside++;
        expectSame(inside, 1);
        await manager.get(id);
        inside--;
        return 'done';
      };
      const locked = <T>(some: () => Promise<T>): Promise<T> => manager.lock?.(id, some) ?? some();
      const results = await Promise.all([locked(work), locked(work), locked(work)]);
      expectSame(results, ['done', 'done', 'done']);
      const failing = locked(() => Promise.reject(new Error('on purpose')));
      expectSame(await failing.catch((error: unknown) => (error as Error).message), 'on purpose');
      expectSame(await locked(work), 'done');
    },
  },
];

const newId = (): string => `conformance-${crypto.randomUUID()}`;

function expectSame(actual: unknown, expected: unknown): void {
  const [got, wanted] = [actual, expected].map((value) => JSON.stringify(sorted(value)));
  if (got !== wanted) throw new Error(`Expected ${String(wanted)}, got ${String(got)}`);
}

/** The order of properties does not matter. */
const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    : value;
