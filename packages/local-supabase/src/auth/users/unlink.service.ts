import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import { auditUser } from './audit.ts';
import { deleteIdentity } from './identities.repository.ts';
import { mergeMetadata } from './metadata.ts';
import { clearPending, syncProviders } from './user-state.ts';
import { findEmailOwner, getUser, lockUser, updateUser } from './users.repository.ts';
import type { AuthUser, IdentityRow } from './user.types.ts';

/** Removing a way of signing in from one's own account. */
export class UnlinkService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #notifications: NotificationService;

  constructor(config: AuthConfig, database: Database, notifications: NotificationService) {
    this.#config = config;
    this.#database = database;
    this.#notifications = notifications;
  }

  /** Refuses where the project does not let users link and unlink. */
  checkEnabled(): void {
    if (!this.#config.enableManualLinking) throw refuse.manualLinkingDisabled();
  }

  /** Removes an identity; the last one stays. What the user owned only by it goes with it. */
  async unlink(principal: Principal, identityId: string, info: RequestInfo): Promise<void> {
    this.checkEnabled();
    await this.#database.transaction(async (tx) => {
      const user = await lockUser(tx, principal.user.id);
      if (user === undefined) throw refuse.subjectNotFound();
      if (user.identities.length <= 1) throw refuse.lastIdentity();
      const identity = user.identities.find(({ id }) => id === identityId);
      if (identity === undefined) throw refuse.identityNotFound();
      await deleteIdentity(tx, identity.id);
      await auditUser(tx, info, user, 'identity_unlinked', {
        identity_id: identity.id,
        provider: identity.provider,
        provider_id: identity.provider_id,
      });
      await disown(tx, user, identity, this.#config.email.autoconfirm);
      await syncProviders(tx, await getUser(tx, user.id));
      const changed = await getUser(tx, user.id);
      const { provider } = identity;
      // Without the identity another address may be the user's: the one he had is told.
      const had = user.email ?? '';
      await this.#notifications.tell(tx, changed, { kind: 'identity_unlinked', provider }, info, had);
    });
  }
}

/**
 * An address that no identity has any more gives way to that of another: one its provider verified comes first. It
 * counts as confirmed only if it was verified, or where the project confirms every address by itself.
 */
async function disown(tx: Executor, user: AuthUser, gone: IdentityRow, autoconfirm: boolean): Promise<void> {
  if (gone.provider === 'phone') {
    await updateUser(tx, user.id, { phone: null, phone_confirmed_at: null });
    return;
  }
  const others = user.identities.filter(({ id }) => id !== gone.id);
  if (others.some(({ email }) => (email ?? '') === (user.email ?? ''))) return;
  const ranked = [
    ...others.filter((identity) => identity.email !== null && isVerified(identity)),
    ...others.filter((identity) => identity.email !== null && !isVerified(identity)),
    ...others.filter(({ email }) => email === null),
  ];
  for (const identity of ranked) {
    const { email } = identity;
    if (email !== null && (await findEmailOwner(tx, email, user.aud, user.id)) !== undefined) continue;
    await updateUser(tx, user.id, {
      email,
      ...((email === null || !(autoconfirm || isVerified(identity))) && {
        email_confirmed_at: null,
        raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, { email_verified: false }),
      }),
    });
    await clearPending(tx, user.id);
    return;
  }
  throw refuse.emailConflictIdentity();
}

function isVerified({ identity_data }: IdentityRow): boolean {
  return String(identity_data?.email_verified) === 'true';
}
