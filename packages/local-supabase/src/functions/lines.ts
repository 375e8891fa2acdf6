import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Reads what a worker writes, line by line. A line that does not end comes in pieces of about `most` characters: nothing
 * that a function writes gathers in this process.
 */
export function readLines(stream: Readable, heard: (line: string) => void, most = 65_536): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) heard(line);
    if (rest.length <= most) return;
    heard(rest);
    rest = '';
  };
  stream.on('data', (piece: Buffer) => take(decoder.write(piece)));
  stream.on('end', () => take(`${decoder.end()}${rest === '' ? '' : '\n'}`));
  // It ends with the worker, which somebody else watches.
  stream.on('error', () => undefined);
}
