import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Executor } from '../database/executor.ts';
import { violates } from '../errors/database-refusal.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import { findTokenOwner } from '../tokens/one-time-tokens.repository.ts';
import { auditUser } from '../users/audit.ts';
import { deleteOtherIdentities, findIdentity, insertIdentity } from '../users/identities.repository.ts';
import { mergeMetadata } from '../users/metadata.ts';
import { clearPending, confirmEmail, syncProviders } from '../users/user-state.ts';
import { findEmailOwner, getUser, lockUser, updateUser } from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import type { ExternalAccount } from './external-account.service.ts';
import { withMainEmail, type ExternalUser } from './external-user.ts';

/** Further identities of accounts that exist: asked for by their users, or by accepting an invitation. */
export class IdentityLinkService {
  readonly #mail: OneTimeMailService;
  readonly #notifications: NotificationService;

  constructor(mail: OneTimeMailService, notifications: NotificationService) {
    this.#mail = mail;
    this.#notifications = notifications;
  }

  /** Adds the identity to the user's account. An account without an address gets the identity's. */
  async link(
    tx: Executor,
    userId: string,
    external: ExternalUser,
    provider: string,
    info: RequestInfo,
  ): Promise<ExternalAccount> {
    const user = await lockUser(tx, userId);
    if (user === undefined) {
      throw new AuthError(422, 'user_not_found', 'Linking target user not found');
    }
    const existing = await findIdentity(tx, provider, external.claims.sub);
    if (existing !== undefined) {
      const whose = existing.user_id === user.id ? '' : ' to another user';
      throw new AuthError(422, 'identity_already_exists', `Identity is already linked${whose}`);
    }
    await insertIdentity(tx, user.id, provider, external.claims);
    const linked = await findIdentity(tx, provider, external.claims.sub);
    await auditUser(tx, info, user, 'identity_linked', {
      identity_id: linked?.id,
      provider,
      provider_id: external.claims.sub,
    });
    const account =
      (user.email ?? '') === '' ? await this.#adopt(tx, user, external, provider, info) : none(user);
    await syncProviders(tx, await getUser(tx, user.id));
    if (account.refusal === undefined) {
      await this.#notifications.tell(
        tx,
        await getUser(tx, user.id),
        { kind: 'identity_linked', provider },
        info,
      );
    }
    return account;
  }

  /** Accepts an invitation as somebody whom a provider knows by the invited address. */
  async acceptInvitation(
    tx: Executor,
    token: string,
    external: ExternalUser,
    provider: string,
    info: RequestInfo,
  ): Promise<ExternalAccount> {
    const user = await this.#invited(tx, token);
    const invited = user.email ?? '';
    if (!external.emails.some(({ email }) => email.toLowerCase() === invited)) {
      throw refuse.validation('Invited email does not match emails from external provider');
    }
    await insertIdentity(tx, user.id, provider, external.claims);
    await auditUser(tx, info, user, 'invite_accepted', { provider });
    const identity = await findIdentity(tx, provider, external.claims.sub);
    if (identity !== undefined) await deleteOtherIdentities(tx, user.id, identity.id);
    const raw_user_meta_data = mergeMetadata(user.raw_user_meta_data, external.claims);
    await updateUser(tx, user.id, { encrypted_password: null, raw_user_meta_data });
    await syncProviders(tx, user);
    await confirmEmail(tx, await getUser(tx, user.id));
    return none(user);
  }

  async #invited(tx: Executor, token: string): Promise<AuthUser> {
    const ownerId = await findTokenOwner(tx, ['confirmation_token'], [token]);
    const user = ownerId === undefined ? undefined : await lockUser(tx, ownerId);
    if (user === undefined) throw new AuthError(404, 'invite_not_found', 'Invite not found');
    return user;
  }

  async #adopt(
    tx: Executor,
    user: AuthUser,
    external: ExternalUser,
    provider: string,
    info: RequestInfo,
  ): Promise<ExternalAccount> {
    const { email: main, email_verified: verified } = withMainEmail(external).claims;
    const email = typeof main === 'string' ? main.toLowerCase() : '';
    if (email === '') {
      await updateUser(tx, user.id, { is_anonymous: false });
      return none(user);
    }
    if ((await findEmailOwner(tx, email, user.aud, user.id)) !== undefined) throw emailTaken();
    await updateUser(tx, user.id, { email }).catch((error: unknown) => {
      throw violates(error, 'users_email_partial_key') ? emailTaken() : error;
    });
    await clearPending(tx, user.id);
    const changed = await getUser(tx, user.id);
    if (verified !== true) {
      const message = `Unverified email with ${provider}. A confirmation email has been sent to your ${provider} email`;
      const mails = await this.#mail.confirmation(tx, changed, false, info);
      return { userId: user.id, mails, refusal: new AuthError(422, 'email_not_confirmed', message) };
    }
    await confirmEmail(tx, changed);
    await updateUser(tx, user.id, { is_anonymous: false });
    return none(user);
  }
}

function none({ id }: AuthUser): ExternalAccount {
  return { userId: id, mails: [], refusal: undefined };
}

function emailTaken(): AuthError {
  return new AuthError(400, 'email_exists', refuse.emailExists().message);
}
