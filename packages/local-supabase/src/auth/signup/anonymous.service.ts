import { randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { refuse } from '../errors/catalogue.ts';
import { DatabaseFault } from '../errors/postgres-fault.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import type { JsonObject } from '../users/user.types.ts';
import { USER_ROLE } from './new-user.ts';
import type { NewUsers } from './new-users.ts';

/** Sign-in without an account: the user can get an address later and stays the same user. */
export class AnonymousService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;

  readonly #newUsers: NewUsers;

  constructor(config: AuthConfig, database: Database, issuer: SessionIssuer, newUsers: NewUsers) {
    this.#newUsers = newUsers;
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
  }

  /** Refuses where the project has no anonymous users. */
  checkEnabled(): void {
    if (!this.#config.enableAnonymousSignIns) throw refuse.anonymousDisabled();
  }

  async signIn(data: JsonObject, info: RequestInfo): Promise<TokenResponse> {
    this.checkEnabled();
    if (!this.#config.enableSignup) throw refuse.signupDisabled();
    return this.#database.transaction(async (tx) => {
      const newcomer = {
        id: randomUUID(),
        aud: info.audience,
        role: USER_ROLE,
        email: null,
        phone: null,
        encryptedPassword: '',
        appMetadata: {},
        userMetadata: data,
        isAnonymous: true,
      };
      const user = await this.#newUsers.create(tx, newcomer, info).catch(asAnonymous);
      return this.#issuer.open(tx, user.id, 'anonymous', info);
    });
  }
}

/** What the project's own triggers refuse is told in other words than for users with an address. */
function asAnonymous(error: unknown): never {
  if (!(error instanceof DatabaseFault)) throw error;
  throw new DatabaseFault('Database error creating anonymous user', error.cause);
}
