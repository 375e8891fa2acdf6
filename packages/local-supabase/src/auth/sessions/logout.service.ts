import type { Database } from '../../context.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { auditUser } from '../users/audit.ts';
import { deleteOtherSessions, deleteSession, deleteSessionsOf } from './sessions.repository.ts';

/** Ends sessions. */
export class LogoutService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Signs out the session (`local`), all others (`others`) or all of the user's (`global`). */
  async logout(principal: Principal, scope: string, info: RequestInfo): Promise<void> {
    if (!['global', 'local', 'others'].includes(scope)) {
      throw refuse.validation(`Unsupported logout scope "${scope}"`);
    }
    const { user, session } = principal;
    await this.#database.transaction(async (tx) => {
      await auditUser(tx, info, user, 'logout');
      if (session === undefined || scope === 'global') await deleteSessionsOf(tx, user.id);
      else if (scope === 'local') await deleteSession(tx, session.id);
      else await deleteOtherSessions(tx, user.id, session.id);
    });
  }
}
