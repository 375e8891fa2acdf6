import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { MissingCredentialsError } from '../connection/connection.errors.ts';
import type { Shell } from './cli.types.ts';

/**
 * A password: typed without being shown at a terminal, else the first line of the input.
 * @throws MissingCredentialsError when there is none
 */
export async function askPassword({ stdin, stderr, signal }: Shell): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: stdin.isTTY ?? false });
  // Not before the terminal shows nothing any more.
  if (stdin.isTTY) stderr.write('Password: ');
  try {
    const password = await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
      lines.once('SIGINT', () => lines.close());
      signal.addEventListener('abort', () => lines.close(), { once: true });
    });
    if (password === '') throw new MissingCredentialsError(['USER_PASSWORD']);
    return password;
  } finally {
    lines.close();
    if (stdin.isTTY) stderr.write('\n');
  }
}
