import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.js';

/** PgBouncer in front of a database, in transaction mode, as Supabase's pooler is. */
export interface PgBouncer {
  url: string;
  stop: () => Promise<void>;
}

/** False where there is none: it comes from the system, not from npm. */
export const hasPgBouncer = succeeds('pgbouncer', ['--version']);

export async function startPgBouncer(target: string): Promise<PgBouncer> {
  const { hostname, port, username, password, pathname } = new URL(target);
  const folder = mkdtempSync(join(tmpdir(), 'supanest-pgbouncer-'));
  chmodSync(folder, 0o755);
  const listen = await freePort();
  const database = decodeURIComponent(pathname.slice(1));
  const server = `host=${hostname} port=${port || '5432'} dbname=${database} user=${username} password=${password}`;
  const settings = [
    ...['[databases]', `${database} = ${server}`, '[pgbouncer]', 'listen_addr = 127.0.0.1'],
    ...[`listen_port = ${String(listen)}`, 'unix_socket_dir =', 'auth_type = any', 'pool_mode = transaction'],
    // Fewer connections to Postgres than its clients have: they have to take turns.
    ...['default_pool_size = 4', 'max_client_conn = 200'],
  ];
  writeFileSync(join(folder, 'pgbouncer.ini'), `${settings.join('\n')}\n`);
  const child = spawn('pgbouncer', ['--quiet', join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    // It refuses to run as root.
    ...(process.getuid?.() === 0 && { uid: Number(execFileSync('id', ['-u', 'nobody'])) }),
  });
  while (!(await accepts(listen))) {
    if (child.exitCode !== null) throw new Error('PgBouncer has ended');
    await pause(20);
  }
  const url = new URL(target);
  url.port = String(listen);
  url.hostname = '127.0.0.1';
  return {
    url: url.href,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function succeeds(command: string, words: string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
