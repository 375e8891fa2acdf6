import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';

/** A Redis of its own, with nothing on disk. */
export interface RedisUnderTest {
  url: string;
  client: Redis;
  close(): Promise<void>;
}

/** Starts Debian's `redis-server` on a free port. */
export async function startRedis(): Promise<RedisUnderTest> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const failed = once(server, 'error').then(([error]) => {
    throw new Error('redis-server does not start; install it (apt-get install redis-server)', {
      cause: error,
    });
  });
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await Promise.race([client.ping(), failed]);
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    client,
    close: async () => {
      const ended = once(server, 'exit');
      client.disconnect();
      server.kill();
      await ended;
    },
  };
}
