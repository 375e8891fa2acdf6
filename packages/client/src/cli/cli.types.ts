import type { Readable, Writable } from 'node:stream';

/** Where output goes, and whether a person reads it there. */
export type Output = Writable & { isTTY?: boolean };

/** Where input comes from; a terminal can stop showing what is typed. */
export type Input = Readable & { isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown };

/** What a command works with; a test has its own. */
export interface Shell {
  stdin: Input;
  stdout: Output;
  stderr: Output;
  cwd: string;
  home: string;
  environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl+C. */
  signal: AbortSignal;
}

/** Options every command has. */
export interface GlobalOptions {
  json?: boolean;
  url?: string;
  key?: string;
}
