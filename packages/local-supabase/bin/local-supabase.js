#!/usr/bin/env node
// Plain JavaScript for any Node: finds one that runs TypeScript (22.18 or newer) and hands over to it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  await import('../src/cli/main.ts');
} else {
  const node = newerNode();
  if (node === undefined) {
    process.stderr.write(
      `local-supabase needs Node 22.18 or newer; this is ${process.version}, and node_modules has no other.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [join(here, '../src/cli/main.ts'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // A terminal sends its signals to both; others are passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

/** The Node that the npm package `node` has put into some node_modules above. */
function newerNode() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let folder = here; ; folder = dirname(folder)) {
    const candidates = [
      join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', file),
      join(folder, 'node_modules', `node-bin-${process.platform}-${process.arch}`, 'bin', file),
      join(folder, 'node_modules', '.bin', file),
      join(folder, 'node_modules', 'node', 'bin', file),
    ];
    const found = candidates.find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
}
