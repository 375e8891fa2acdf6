import type { Database } from '../../context.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { isUuid } from '../http/uuid.ts';
import { auditUser } from '../users/audit.ts';
import type { AuthUser } from '../users/user.types.ts';
import { clientDetails } from './authorization.service.ts';
import { findConsent, listConsents, revokeConsent } from './consents.repository.ts';
import { scopesIn } from './scopes.ts';

/** What a user has allowed applications. */
export class GrantsService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(userId: string): Promise<Record<string, unknown>[]> {
    const consents = await listConsents(this.#database.pool, userId);
    return consents.map((consent) => ({
      client: clientDetails({ ...consent, id: consent.client_id }),
      scopes: scopesIn(consent.scopes),
      granted_at: consent.granted_at,
    }));
  }

  /** Takes back what an application was allowed; its sessions end. */
  async revoke(user: AuthUser, clientId: string, info: RequestInfo): Promise<void> {
    if (clientId === '') throw refuse.validation('client_id query parameter is required');
    if (!isUuid(clientId)) throw refuse.validation('invalid client_id format');
    await this.#database.transaction(async (tx) => {
      const consent = await findConsent(tx, user.id, clientId);
      if (consent === undefined) {
        throw new AuthError(404, 'oauth_consent_not_found', 'No active grant found for this client');
      }
      await revokeConsent(tx, { id: consent.id, userId: user.id, clientId });
      const traits = { oauth_client_id: clientId, action: 'revoke_oauth_grant' };
      await auditUser(tx, info, user, 'token_revoked', traits);
    });
  }
}
