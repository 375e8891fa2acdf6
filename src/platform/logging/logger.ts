import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * One line of JSON per event. Errors are logged by type, message and stack; what they carry besides (a failed
 * statement's parameters, an upstream's request) may hold secrets and stays out.
 */
export function createLogger(
  level: string,
  destination: { write(line: string): void } = standardOutput(),
): Logger {
  const options = {
    level,
    base: null,
    timestamp: isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return pino(options, destination);
}

let lastMillisecond = 0;
let lastTime = '';

/** As pino's own, but written out once for all lines of a millisecond. */
function isoTime(): string {
  const now = Date.now();
  if (now !== lastMillisecond) {
    lastMillisecond = now;
    lastTime = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastTime;
}

/** Lines wait for each other at most so long. */
const FLUSH_MS = 100;
const FLUSH_CHARACTERS = 32_768;

/**
 * Lines are written together: a write for each line would be a system call for each request. They gather here and not in
 * the destination, which measures all that is waiting in it for each line that comes. What waits is written when the
 * process ends, and lost only when it is killed.
 */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false });
  let waiting = '';
  const flush = (): void => {
    if (waiting === '') return;
    output.write(waiting);
    waiting = '';
  };
  setInterval(flush, FLUSH_MS).unref();
  process.once('exit', () => {
    flush();
    output.flushSync();
  });
  return {
    write: (line) => {
      waiting += line;
      if (waiting.length >= FLUSH_CHARACTERS) flush();
    },
  };
}

interface DescribedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: DescribedError;
}

/** What may be known of an error: never its other properties. */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code = (error as { code?: unknown }).code;
  const message = withoutQuotes(error, code);
  const frames = /\n {4}at .*/s.exec(error.stack ?? '')?.[0];
  return {
    type: error.name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(frames === undefined ? {} : { stack: `${error.name}: ${message}${frames}` }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

/** What `JSON.parse` says, also where a library repeats it under another name. */
const PARSER = /\b(?:valid JSON|in JSON|JSON at|JSON input)\b/;

/** The message without what it quotes: parsers repeat what they could not read, Postgres values that are none. */
function withoutQuotes({ name, message }: Error, code: unknown): string {
  if (name === 'SyntaxError' || PARSER.test(message)) return 'not valid JSON';
  return typeof code === 'string' && code.startsWith('22') ? message.replace(/".*"/s, '"…"') : message;
}

/** Nest's own messages, and those of every `new Logger(Class.name)`, through the same logger. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    // Events of ours are objects. Nest's own are texts: it tells at start what it mounts, route by route, which is of
    // use to whoever debugs Nest itself.
    this.write(typeof message === 'object' ? 'info' : 'debug', message, context);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest.at(-1));
  }
  warn(message: unknown, context?: string): void {
    this.write('warn', message, context);
  }
  fatal(message: unknown, context?: string): void {
    this.write('fatal', message, context);
  }
  debug(message: unknown, context?: string): void {
    this.write('debug', message, context);
  }
  verbose(message: unknown, context?: string): void {
    this.write('trace', message, context);
  }

  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    context: unknown,
  ): void {
    const where = typeof context === 'string' ? { context } : {};
    if (message instanceof Error) this.logger[level]({ ...where, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.logger[level]({ ...where, ...message });
    else this.logger[level](where, String(message));
  }
}
