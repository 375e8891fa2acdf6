import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { RateCache } from '../../src/credits/rate-cache.js';
import { RatesRepository } from '../../src/credits/rates.repository.js';
import { Database } from '../../src/platform/database/database.service.js';
import { ChangeListener } from '../../src/platform/database/listener.js';
import { startCuttingProxy } from '../harness/cutting-proxy.js';
import { engines, migrated, type TestDatabase } from '../harness/postgres.js';

const CHANNEL = 'supanest_changes';

describe.each(engines)('changes on $engine', ({ create }) => {
  let database: TestDatabase;
  let pool: Database;
  let rates: RatesRepository;
  const listen = (url = database.url) =>
    new ChangeListener({ url, channel: CHANNEL, retryMs: 20, maxRetryMs: 100, heartbeatMs: 50 });
  /** Payloads as events, so that a test can wait for the next one. */
  const hear = (listener: ChangeListener) => {
    const events = new EventEmitter();
    listener.subscribe((payload) => events.emit('change', payload));
    return { next: async () => ((await once(events, 'change')) as [string | null])[0] };
  };
  const version = async () =>
    Number(
      (await database.sql<{ version: string }>('select version from supanest.configuration'))[0]?.version,
    );

  beforeAll(async () => {
    database = await migrated(create);
    pool = new Database({ url: database.url, poolSize: 4 });
    rates = new RatesRepository(pool);
  });
  afterAll(async () => {
    await pool.close();
    await database.close();
  });

  describe('ChangeListener', () => {
    it('should tell to reload once connected, then what has changed', async () => {
      const listener = listen();
      const heard = hear(listener);
      expect(await heard.next()).toBeNull();
      const next = heard.next();
      await database.sql("update supanest.tiers set daily_requests = 100 where name = 'free'");
      expect(JSON.parse((await next) ?? '')).toEqual({ table: 'tiers', version: await version() });
      await listener.onApplicationShutdown();
    });

    it('should come back when its connection is cut, and tell to reload', async () => {
      const proxy = await startCuttingProxy(database.url);
      const listener = listen(proxy.url);
      const heard = hear(listener);
      await heard.next();
      for (let cut = 0; cut < 2; cut += 1) {
        const reload = heard.next();
        expect(proxy.cut()).toBe(1);
        expect(await reload).toBeNull();
      }
      const next = heard.next();
      await database.sql("update supanest.tiers set daily_requests = 100 where name = 'free'");
      expect(await next).toContain('tiers');
      await listener.onApplicationShutdown();
      await proxy.close();
    });

    it('should keep trying where nobody serves, and stop when told', async () => {
      const attempts = new EventEmitter();
      const refusing = createServer((socket) => {
        socket.destroy();
        attempts.emit('attempt');
      });
      await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
      const { port } = refusing.address() as AddressInfo;
      const listener = listen(`postgresql://x@127.0.0.1:${port}/x`);
      listener.subscribe(() => undefined);
      for (let n = 0; n < 3; n += 1) await once(attempts, 'attempt');
      await listener.onApplicationShutdown();
      const late = once(attempts, 'attempt', { signal: AbortSignal.timeout(250) });
      await expect(late).rejects.toThrow('aborted');
      refusing.close();
    });
  });

  describe('RatesRepository', () => {
    it('should create, change, list and delete', async () => {
      const byDefault = await rates.active();
      const rate = await rates.create({ endpointPath: '/api/a', creditsPerRequest: 3 });
      expect(rate).toMatchObject({
        endpointPath: '/api/a',
        method: null,
        creditsPerRequest: 3,
        description: '',
        isActive: true,
      });
      expect(rate.createdAt).toBeInstanceOf(Date);
      expect(await rates.update(rate.id, { method: 'POST', description: 'dear' })).toMatchObject({
        method: 'POST',
        description: 'dear',
        creditsPerRequest: 3,
      });
      expect(await rates.update(rate.id, { method: null, creditsPerRequest: 0 })).toMatchObject({
        method: null,
        creditsPerRequest: 0,
      });
      expect(await rates.active()).toHaveLength(byDefault.length + 1);
      expect(await rates.update(rate.id, { isActive: false })).toMatchObject({ isActive: false });
      expect(await rates.active()).toEqual(byDefault);
      expect(await rates.delete(rate.id)).toMatchObject({ id: rate.id });
      expect(await rates.delete(rate.id)).toBeUndefined();
      expect(await rates.update(rate.id, { isActive: true })).toBeUndefined();
    });

    it('should refuse what the constraints refuse, in the terms of the product', async () => {
      const rate = await rates.create({ endpointPath: '/api/b/:id', creditsPerRequest: 1 });
      await expect(
        rates.create({ endpointPath: '/api/v1/b/:x', creditsPerRequest: 1 }),
      ).rejects.toMatchObject({
        kind: 'conflict',
      });
      await expect(rates.create({ endpointPath: 'b', creditsPerRequest: 1 })).rejects.toMatchObject({
        kind: 'validation',
      });
      await expect(rates.update(rate.id, { creditsPerRequest: -1 })).rejects.toMatchObject({
        kind: 'validation',
      });
      await rates.delete(rate.id);
    });
  });

  describe('RateCache', () => {
    const priceOf = async (cache: RateCache, at: number) =>
      (await cache.at(at)).match({ method: 'GET', path: '/api/c' })?.creditsPerRequest;

    it('should know the rates of the version a request was admitted under, without any notification', async () => {
      const deaf = new ChangeListener({ url: 'postgresql://x@127.0.0.1:1/x', channel: CHANNEL });
      const cache = new RateCache(rates, deaf);
      expect(await priceOf(cache, await version())).toBeUndefined();
      const { id } = await rates.create({ endpointPath: '/api/c', creditsPerRequest: 5 });
      expect(await priceOf(cache, await version())).toBe(5);
      for (let credits = 1; credits <= 20; credits += 1) {
        const before = priceOf(cache, await version());
        await rates.update(id, { creditsPerRequest: credits });
        const now = await version();
        expect(await Promise.all([priceOf(cache, now), priceOf(cache, now)])).toEqual([credits, credits]);
        await before;
      }
      await rates.delete(id);
      await deaf.onApplicationShutdown();
    });

    it('should not ask the database again while nothing changes', async () => {
      const listener = listen();
      let reads = 0;
      const counting = Object.assign(Object.create(RatesRepository.prototype) as RatesRepository, {
        snapshot: () => {
          reads += 1;
          return rates.snapshot();
        },
      });
      const cache = new RateCache(counting, listener);
      const now = await version();
      await Promise.all(Array.from({ length: 10 }, () => cache.at(now)));
      const before = reads;
      await Promise.all(Array.from({ length: 10 }, () => cache.at(now)));
      expect(reads - before).toBeLessThanOrEqual(1);
      await listener.onApplicationShutdown();
    });

    it('should hear of a change and have it loaded before anybody asks', async () => {
      const listener = listen();
      const cache = new RateCache(rates, listener);
      const heard = hear(listener);
      await cache.at(0);
      await heard.next();
      const next = heard.next();
      const { id } = await rates.create({ endpointPath: '/api/c', creditsPerRequest: 8 });
      await next;
      // Any version will do: what is loaded is newer than the change.
      for (let tries = 0; (await priceOf(cache, 0)) !== 8 && tries < 100; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(await priceOf(cache, 0)).toBe(8);
      await rates.delete(id);
      await listener.onApplicationShutdown();
    });

    it('should be unavailable when it needs the database and there is none', async () => {
      const nobody = new Database({ url: 'postgresql://x@127.0.0.1:1/x' });
      const listener = listen('postgresql://x@127.0.0.1:1/x');
      const cache = new RateCache(new RatesRepository(nobody), listener);
      await expect(cache.at(1)).rejects.toMatchObject({ kind: 'unavailable' });
      await Promise.all([nobody.close(), listener.onApplicationShutdown()]);
    });
  });
});
