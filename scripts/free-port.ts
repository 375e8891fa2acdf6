import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartError } from './children.ts';

/**
 * Refuses a port that somebody else has: his answers would be taken for ours. What is no port at all is left to the API,
 * which names it together with all other faults of the configuration.
 */
export async function assertFree(host: string, port: string): Promise<void> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return;
  const server = createServer().listen(Number(port), host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') return;
    const why = code === 'EADDRINUSE' ? 'is in use by another process' : 'may not be used';
    throw new StartError(`Port ${port} (API) ${why}. Stop that process, or set PORT to another one.`, {
      cause: error,
    });
  }
  server.close();
  await once(server, 'close');
}
