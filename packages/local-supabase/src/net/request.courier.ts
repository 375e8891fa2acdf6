import type { Database } from '../context.ts';
import { ChannelWatch } from '../database/channel.watch.ts';
import { reachable } from './reachable.ts';

interface QueuedRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | null;
  readonly timeout_milliseconds: number;
}

const TAKE_SQL = `delete from net.http_request_queue where id in
  (select id from net.http_request_queue order by id limit 100) returning *`;

/** Answers are kept for six hours, as pg_net keeps them. */
const KEEP_SQL = `with old as (delete from net._http_response where created < now() - interval '6 hours')
  insert into net._http_response
  (id, status_code, content_type, headers, content, timed_out, error_msg) values ($1, $2, $3, $4, $5, $6, $7)`;

/**
 * Sends what `net.http_post` and its like have queued, once their transaction has committed, and keeps the answers in
 * `net._http_response`: what the worker of pg_net does.
 */
export class RequestCourier {
  readonly #database: Database;
  readonly #url: string;
  readonly #watch: ChannelWatch;
  readonly #gone = new AbortController();
  #round: Promise<void> | undefined;
  #again = false;

  /** @param url - of this Supabase */
  constructor(database: Database, url: string) {
    this.#database = database;
    this.#url = url;
    this.#watch = new ChannelWatch(database.url, 'local_supabase_net', () => this.#wake());
  }

  async start(): Promise<void> {
    await this.#watch.start();
    this.#wake();
  }

  /** Requests on their way are cut off; queued ones are sent after the next start. */
  async close(): Promise<void> {
    this.#gone.abort();
    await this.#watch.close();
    await this.#round;
  }

  #wake(): void {
    this.#again = true;
    this.#round ??= this.#drain().finally(() => (this.#round = undefined));
  }

  async #drain(): Promise<void> {
    while (this.#again && !this.#gone.signal.aborted) {
      this.#again = false;
      // The extension may have been dropped.
      const { rows } = await this.#database.pool.query<QueuedRequest>(TAKE_SQL).catch(() => ({ rows: [] }));
      if (rows.length > 0) this.#again = true;
      await Promise.all(rows.map((request) => this.#send(request)));
    }
  }

  async #send(request: QueuedRequest): Promise<void> {
    const answer = await this.#answerTo(request);
    await this.#database.pool.query(KEEP_SQL, [request.id, ...answer]).catch(() => undefined);
  }

  async #answerTo({
    method,
    url,
    headers,
    body,
    timeout_milliseconds: timeout,
  }: QueuedRequest): Promise<unknown[]> {
    // Whatever somebody asked for ends as an answer: a fault that got out of here would end the process.
    const timer = AbortSignal.timeout(Math.max(0, timeout));
    try {
      const response = await fetch(reachable(url, this.#url), {
        method,
        headers,
        body: body === null ? null : new Uint8Array(body),
        signal: AbortSignal.any([timer, this.#gone.signal]),
      });
      const type = response.headers.get('content-type');
      return [
        response.status,
        type,
        Object.fromEntries(response.headers),
        // Postgres has no text with a NUL in it.
        (await response.text()).replaceAll('\0', ''),
        false,
        null,
      ];
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const message = timer.aborted ? `Timeout of ${timeout} ms reached.` : String(cause);
      return [null, null, null, null, timer.aborted, message];
    }
  }
}
