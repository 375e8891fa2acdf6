import type { Pool } from 'pg';
import type { RealtimeClaims } from '../access.token.ts';

/** What the policies of `realtime.messages` are asked about. */
export type Extension = 'broadcast' | 'presence' | 'persistence';

/** Who asks, and about which topic (without its prefix). */
export interface PolicyQuestion {
  readonly topic: string;
  readonly claims: RealtimeClaims;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks the database what its policies on `realtime.messages` allow. */
export class AuthorizationRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Rejects when a policy itself fails, or the role does not exist. */
  async mayRead(question: PolicyQuestion, extension: Extension): Promise<boolean> {
    return this.#ask(question, extension, false);
  }

  /** Rejects when a policy itself fails, or the role does not exist. */
  async mayWrite(question: PolicyQuestion, extension: Extension): Promise<boolean> {
    return this.#ask(question, extension, true);
  }

  async #ask(question: PolicyQuestion, extension: Extension, write: boolean): Promise<boolean> {
    const { rows } = await this.#pool.query<{ allowed: boolean }>(
      'select _realtime.authorize($1, $2, $3, $4, $5, $6) as allowed',
      [
        question.topic,
        question.claims.role,
        JSON.stringify(question.claims),
        JSON.stringify(question.headers),
        extension,
        write,
      ],
    );
    return rows[0]?.allowed === true;
  }
}
