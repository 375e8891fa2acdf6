import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import type { SessionIssuer, SignInMethod, TokenResponse } from '../sessions/session-issuer.ts';
import { issueAuthCode } from '../tokens/flow-states.repository.ts';
import { PKCE_PREFIX } from '../tokens/one-time-code.ts';
import { clearOneTimeTokens } from '../tokens/one-time-tokens.repository.ts';
import { auditUser } from '../users/audit.ts';
import { mergeIdentityData } from '../users/identities.repository.ts';
import { hashPassword, randomPassword } from '../users/password.ts';
import { confirmEmail, storePassword, syncProviders } from '../users/user-state.ts';
import { getUser, updateUser } from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import { applyEmailChange, confirmOneSide } from './email-change.ts';
import { checkToken, type CheckedToken } from './token-check.ts';
import type { VerificationType, VerifyRequest } from './verify-request.ts';

/** What a verification leads to: a session, a code to exchange for one, or the wait for the other address. */
export type Verified =
  | { kind: 'session'; session: TokenResponse; type: VerificationType }
  | { kind: 'code'; code: string }
  | { kind: 'other-address' };

/** The `amr` method a PKCE flow of each type was stored under. */
const METHODS: Readonly<Record<CheckedToken['type'], SignInMethod>> = {
  signup: 'email/signup',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magiclink',
  email_change: 'email_change',
};

/** Verifies one-time tokens. Each works once. */
export class VerifyService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #notifications: NotificationService;

  constructor(
    config: AuthConfig,
    database: Database,
    issuer: SessionIssuer,
    notifications: NotificationService,
  ) {
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
    this.#notifications = notifications;
  }

  /** Verifies for the client itself: a session is the answer. */
  async verify(request: VerifyRequest, info: RequestInfo): Promise<Verified> {
    return this.#verify(request, info, async (tx, user, type) => ({
      kind: 'session',
      session: await this.#issuer.open(tx, user.id, 'otp', info),
      type,
    }));
  }

  /** Verifies a followed link. One of a PKCE flow leads to a code, any other to a session. */
  async followLink(request: VerifyRequest, info: RequestInfo): Promise<Verified> {
    if (!request.hash.startsWith(PKCE_PREFIX)) return this.verify(request, info);
    return this.#verify(request, info, async (tx, user, type) => {
      const code = await issueAuthCode(tx, user.id, METHODS[type]);
      if (code === undefined) throw refuse.flowStateMissing();
      return { kind: 'code', code };
    });
  }

  async #verify(
    request: VerifyRequest,
    info: RequestInfo,
    finish: (tx: Executor, user: AuthUser, type: CheckedToken['type']) => Promise<Verified>,
  ): Promise<Verified> {
    // Hashed before the transaction, which must stay short; only an invited user without a password needs it.
    const spareHash =
      request.type === 'invite' ? await hashPassword(randomPassword(), this.#config.password) : '';
    return this.#database.transaction(async (tx) => {
      const checked = await checkToken(tx, request, info.audience, this.#config.email.otpExpiry);
      if (!(await this.#apply(tx, checked, request.hash, spareHash, info))) return { kind: 'other-address' };
      await syncProviders(tx, await getUser(tx, checked.user.id));
      return finish(tx, await getUser(tx, checked.user.id), checked.type);
    });
  }

  /** Does what the token proves; false while an address change waits for the other address. */
  async #apply(
    tx: Executor,
    { user, type }: CheckedToken,
    hash: string,
    spareHash: string,
    info: RequestInfo,
  ): Promise<boolean> {
    switch (type) {
      case 'signup':
      case 'invite':
        await this.#confirmSignup(tx, user, spareHash, info);
        return true;
      case 'recovery':
      case 'magiclink':
        await this.#letIn(tx, user, info);
        return true;
      case 'email_change':
        return this.#changeEmail(tx, user, hash, info);
    }
  }

  async #confirmSignup(tx: Executor, user: AuthUser, spareHash: string, info: RequestInfo): Promise<void> {
    if (!user.encrypted_password && user.invited_at !== null && spareHash !== '') {
      await storePassword(tx, user.id, spareHash, undefined);
    }
    await auditUser(tx, info, user, 'user_signedup', { provider: 'email' });
    await confirmEmail(tx, user);
    for (const identity of user.identities) {
      if (identity.email !== null && identity.email === user.email) {
        await mergeIdentityData(tx, identity.id, { email_verified: true });
      }
    }
  }

  async #letIn(tx: Executor, user: AuthUser, info: RequestInfo): Promise<void> {
    await updateUser(tx, user.id, { recovery_token: '' });
    await clearOneTimeTokens(tx, user.id);
    if (user.email_confirmed_at === null) {
      await auditUser(tx, info, user, 'user_signedup', { provider: 'email' });
      await confirmEmail(tx, user);
    } else {
      await auditUser(tx, info, user, 'login');
    }
  }

  async #changeEmail(tx: Executor, user: AuthUser, hash: string, info: RequestInfo): Promise<boolean> {
    const { autoconfirm, doubleConfirmChanges } = this.#config.email;
    const needsBoth = !autoconfirm && doubleConfirmChanges && Boolean(user.email);
    if (needsBoth && (user.email_change_confirm_status ?? 0) === 0) {
      await confirmOneSide(tx, user, hash);
      return false;
    }
    await auditUser(tx, info, user, 'user_modified');
    await applyEmailChange(tx, user, user.email_change ?? '');
    await this.#notifications.emailChanged(tx, user, info);
    return true;
  }
}
