import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { StartRefused } from './start.refused.ts';

/** Longer than Linux keeps the port of a connection that was closed. */
const PATIENCE_MS = 65_000;
const PAUSE_MS = 200;

/** The port is taken, or not ours to take. */
export class PortUnavailable extends StartRefused {
  override readonly name = 'PortUnavailable';
}

/**
 * Has `listen` listen on a port. A port on which nobody listens may be that of somebody's connection, for up to a minute
 * after its end too: Linux takes the ports of connections from a range that Supabase's ports lie in. That is waited for.
 * @throws PortUnavailable
 */
export async function takePort(port: number, purpose: string, listen: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let told = false; ; told = true) {
    try {
      await listen();
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || Date.now() > deadline || (await isListenedTo(port))) {
        throw refusal(error as NodeJS.ErrnoException, port, purpose);
      }
    }
    if (!told) process.stderr.write(`Waiting for a connection to let go of port ${port} (${purpose}).\n`);
    await pause(PAUSE_MS);
  }
}

async function isListenedTo(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

/** Says what a listen error means to the one who started this. */
function refusal(error: NodeJS.ErrnoException, port: number, purpose: string): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EADDRINUSE' ? 'is in use by another process' : 'may not be used';
  return new PortUnavailable(
    `Port ${port} (${purpose}) ${why}. Is another Supabase running? Stop it, or choose another port in supabase/config.toml or on the command line.`,
  );
}
