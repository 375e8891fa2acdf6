import type { Executor } from '../database/executor.ts';
import type { AuthHooks } from '../hooks/auth-hooks.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { AuthUser } from '../users/user.types.ts';
import type { NewUser } from '../users/users.repository.ts';
import { createUser } from './new-user.ts';

/** Makes users who come by themselves, if the project's hook lets them. Administrators' users are nobody's to refuse. */
export class NewUsers {
  readonly #hooks: AuthHooks;

  constructor(hooks: AuthHooks) {
    this.#hooks = hooks;
  }

  /** Stores a user and reads him back. His id may be another: where the transaction has begun again, it is the first one's. */
  async create(tx: Executor, user: NewUser, info: RequestInfo): Promise<AuthUser> {
    return createUser(tx, await this.#hooks.beforeUserCreated(tx, user, info));
  }
}
