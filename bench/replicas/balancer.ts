import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/harness/free-port.ts';

/** nginx as `docs/nginx.conf` has it, but for the ports. */
export interface Balancer {
  url: string;
  stop: () => Promise<void>;
}

/** Puts nginx before processes of the API, of which `urls` are the addresses. */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), 'supanest-nginx-'));
  mkdirSync(join(folder, 'logs'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(urls, port));
  const globals = `daemon off; pid ${join(folder, 'pid')}; error_log ${join(folder, 'error.log')};`;
  const child = spawn('nginx', ['-p', folder, '-c', file, '-g', globals], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${String(port)}`;
  while (!(await fetch(`${url}/api/health`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(readFileSync(join(folder, 'error.log'), 'utf8'));
    await pause(20);
  }
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function configuration(urls: readonly string[], port: number): string {
  const documented = readFileSync(new URL('../../docs/nginx.conf', import.meta.url), 'utf8');
  const servers = urls
    .map((url) => `    server ${new URL(url).host} max_fails=1 fail_timeout=2s;\n`)
    .join('');
  return documented
    .replaceAll(/(?: +server 127\.0\.0\.1:\d+ .*\n)+/g, servers)
    .replace('listen 3000;', `listen 127.0.0.1:${String(port)} backlog=4096;\n    access_log off;`);
}
