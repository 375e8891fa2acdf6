import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { environment } from '../../config/process.environment.ts';

const CLI = 'npm-cli.js';

/**
 * Runs npm in a folder, in this process's environment and with its Node.
 * @throws Error in npm's own words
 */
export async function runNpm(args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  const cli = findNpm();
  if (cli === undefined) throw new Error('npm was not found beside Node, nor on the PATH');
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: environment,
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // Whatever happens first, both are waited for: the folder is not touched while npm still writes.
  const [code, words] = await Promise.all([ended, text(child.stderr)]);
  if (code !== 0) throw new Error(shorten(words) ?? `npm ended with ${code ?? 'a signal'}`);
}

/** The script of the npm that started this process, or that came with its Node, or that the PATH has. */
function findNpm(): string | undefined {
  const started = environment.npm_execpath;
  const besides = [
    dirname(process.execPath),
    ...(environment.PATH ?? environment.Path ?? '').split(delimiter),
  ];
  const candidates = [
    ...(started?.endsWith(CLI) ? [started] : []),
    ...besides.flatMap((folder) => [
      join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', CLI),
      join(folder, 'node_modules', 'npm', 'bin', CLI),
      join(folder, 'npm'),
    ]),
  ];
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue;
    const path = realpathSync(candidate);
    if (path.endsWith(CLI)) return path;
  }
  return undefined;
}

/** npm says much; the first line after the code is what failed. */
function shorten(words: string): string | undefined {
  return words
    .split('\n')
    .map((line) => /^npm (?:error|ERR!) (.+)/.exec(line)?.[1]?.trim() ?? '')
    .find((line) => line !== '' && !/^(?:code|errno|syscall|type) /.test(line));
}
