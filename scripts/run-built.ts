/**
 * Runs a command of the build (`node scripts/run-built.ts users/admin.cli.js …`), and builds first only if something in
 * `src` is newer: a build replaces `dist`, which a running server should not be made to notice, and takes its time.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [command = '', ...args] = process.argv.slice(2);
const built = join('dist', command);

if (isStale()) build();
const { status } = spawnSync(process.execPath, ['--enable-source-maps', built, ...args], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

function isStale(): boolean {
  const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt === undefined) return true;
  return readdirSync('src', { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).mtimeMs > builtAt,
  );
}

/** Says nothing unless it fails. */
function build(): void {
  const nest = spawnSync(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], {
    encoding: 'utf8',
  });
  if (nest.status === 0) return;
  process.stderr.write(`${nest.stdout}${nest.stderr}`);
  process.exit(nest.status ?? 1);
}
