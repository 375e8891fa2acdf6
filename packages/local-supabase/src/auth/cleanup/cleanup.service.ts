import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';

/** Milliseconds between two cleanings. */
const INTERVAL = 10 * 60_000;
/** How long what has expired stays, so that refusals can still say why. */
const GRACE = `interval '24 hours'`;

/**
 * Deletes what nobody can use any more, by GoTrue's rules: a day after it expired. Rows that somebody has locked are left to
 * the next time.
 */
export class CleanupService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  #timer: NodeJS.Timeout | undefined;

  constructor(config: AuthConfig, database: Database) {
    this.#config = config;
    this.#database = database;
  }

  /** Cleans from time to time, until it is stopped. */
  start(): void {
    this.#timer = setInterval(() => {
      // The database may be away; the next time comes.
      this.clean().catch(() => undefined);
    }, INTERVAL);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Deletes everything that is due, and answers how many rows that were. */
  async clean(): Promise<number> {
    let count = 0;
    for (const [table, condition] of this.#due()) {
      const { rowCount } = await this.#database.pool.query(
        `delete from auth.${table} where id in (
           select id from auth.${table} where ${condition} for update skip locked)`,
      );
      count += rowCount ?? 0;
    }
    return count;
  }

  #due(): [table: string, condition: string][] {
    const { timebox, inactivityTimeout } = this.#config.sessions;
    const ago = (column: string, milliseconds: number): string =>
      `${column} + interval '${milliseconds} milliseconds' < now() - ${GRACE}`;
    const idle = `coalesce(refreshed_at at time zone 'utc', created_at)`;
    return [
      ['refresh_tokens', `revoked is true and ${ago('updated_at', 0)}`],
      ['sessions', ago('not_after', 0)],
      ...(timebox > 0 ? [due('sessions', ago('created_at', timebox))] : []),
      ...(inactivityTimeout > 0 ? [due('sessions', ago(idle, inactivityTimeout))] : []),
      ['saml_relay_states', ago('created_at', 0)],
      ['flow_state', ago('created_at', 0)],
      ['oauth_client_states', ago('created_at', 0)],
      ['webauthn_challenges', ago('expires_at', 0)],
      ['mfa_challenges', ago('created_at', 0)],
      ['mfa_factors', `status = 'unverified' and ${ago('created_at', 0)}`],
    ];
  }
}

function due(table: string, condition: string): [string, string] {
  return [table, condition];
}
