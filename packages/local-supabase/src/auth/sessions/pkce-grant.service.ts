import type { Database } from '../../context.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { deleteFlowState, lockFlowState } from '../tokens/flow-states.repository.ts';
import { checkVerifier } from '../tokens/pkce.ts';
import { auditUser } from '../users/audit.ts';
import { findUser } from '../users/users.repository.ts';
import { isBanned } from '../users/user.types.ts';
import type { SessionIssuer, SignInMethod, TokenResponse } from './session-issuer.ts';

/** GoTrue's lifetime of a code that was handed out. */
const LIFETIME = 5 * 60_000;

/** The pkce grant: exchanges the code of a followed link for a session. */
export class PkceGrantService {
  readonly #database: Database;
  readonly #issuer: SessionIssuer;

  constructor(database: Database, issuer: SessionIssuer) {
    this.#database = database;
    this.#issuer = issuer;
  }

  /** A session for the code, if `verifier` is what the flow was started with. The code works once. */
  async exchange(code: string, verifier: string, info: RequestInfo): Promise<TokenResponse> {
    if (code === '' || verifier === '') {
      throw refuse.validation('invalid request: both auth code and code verifier should be non-empty');
    }
    const { flow, response } = await this.#database.transaction(async (tx) => {
      const flow = await lockFlowState(tx, code);
      if (flow?.user_id == null) throw refuse.flowStateNotFound();
      const since = flow.auth_code_issued_at ?? flow.created_at;
      if (Date.now() > since.getTime() + LIFETIME) throw refuse.flowStateExpired();
      const user = await findUser(tx, flow.user_id);
      if (user === undefined) throw refuse.flowStateNotFound();
      if (isBanned(user)) throw refuse.banned(403);
      checkVerifier(flow, verifier);
      await auditUser(tx, info, user, 'login', { provider_type: flow.provider_type });
      const response = await this.#issuer.open(tx, user.id, flow.authentication_method as SignInMethod, info);
      await deleteFlowState(tx, flow.id);
      return { flow, response };
    });
    return {
      ...response,
      ...(flow.provider_access_token && { provider_token: flow.provider_access_token }),
      ...(flow.provider_refresh_token && { provider_refresh_token: flow.provider_refresh_token }),
    };
  }
}
