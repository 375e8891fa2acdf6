import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { isUuid } from '../http/uuid.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import { auditUser } from '../users/audit.ts';
import { findUser, lockUser } from '../users/users.repository.ts';
import { hasMfa, isBanned, type AuthUser } from '../users/user.types.ts';
import { notVerified, openChallenge, readCredential, type PasskeyAnswer } from './passkey-answer.ts';
import {
  deletePasskey,
  findPasskeyByCredential,
  insertPasskey,
  insertPasskeyChallenge,
  listPasskeys,
  renamePasskey,
  touchPasskey,
  type PasskeyRow,
} from './passkeys.repository.ts';
import { verifyNewPasskey, verifyUsedPasskey } from './passkey-verification.ts';

/** Milliseconds in which a challenge must be answered. */
const LIFETIME = 5 * 60_000;
/** GoTrue's most passkeys of one user. */
const MAX_PASSKEYS = 10;
const MAX_NAME = 120;

/** Signing in without a password, by a key that a device keeps (WebAuthn). */
export class PasskeyService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;

  constructor(config: AuthConfig, database: Database, issuer: SessionIssuer) {
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
  }

  /** Refuses where the project has no passkeys. */
  checkEnabled(): void {
    if (!this.#config.passkeys.enabled) throw new AuthError(404, 'passkey_disabled', 'Passkeys are disabled');
  }

  /** What a browser needs to make a key for the user. */
  async beginRegistration(principal: Principal): Promise<Record<string, unknown>> {
    const { user } = principal;
    checkManager(principal);
    const existing = await listPasskeys(this.#database.pool, user.id);
    if (existing.length >= MAX_PASSKEYS) throw tooMany();
    const { generateRegistrationOptions } = await import('@simplewebauthn/server');
    const name = user.email ?? user.phone ?? '';
    const own = user.raw_user_meta_data?.name;
    const options = await generateRegistrationOptions({
      rpName: this.#config.passkeys.rpDisplayName,
      rpID: this.#config.passkeys.rpId,
      userName: name,
      userID: new Uint8Array(Buffer.from(user.id)),
      userDisplayName: typeof own === 'string' && own !== '' ? own : name,
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      excludeCredentials: existing.map(({ credential_id: id }) => ({ id: id.toString('base64url') })),
    });
    return this.#challenge(user.id, options);
  }

  /** Keeps the key that the browser made. */
  async finishRegistration(
    principal: Principal,
    answer: PasskeyAnswer,
    info: RequestInfo,
  ): Promise<PasskeyRow> {
    checkManager(principal);
    const { user } = principal;
    const challenge = await openChallenge(this.#database.pool, answer, user.id);
    const passkey = await verifyNewPasskey(this.#config.passkeys, { answer, challenge }, user.id);
    try {
      return await this.#database.transaction(async (tx) => {
        await lockUser(tx, user.id);
        if ((await listPasskeys(tx, user.id)).length >= MAX_PASSKEYS) throw tooMany();
        const created = await insertPasskey(tx, passkey);
        await auditUser(tx, info, user, 'passkey_created', { passkey_id: created.id });
        return created;
      });
    } catch (error) {
      if (!violates(error, 'webauthn_credentials_credential_id_key')) throw error;
      throw new AuthError(422, 'webauthn_credential_exists', 'This credential is already registered');
    }
  }

  /** What a browser needs to let anybody choose one of his keys. */
  async beginSignIn(): Promise<Record<string, unknown>> {
    const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
    const { rpId } = this.#config.passkeys;
    return this.#challenge(
      null,
      await generateAuthenticationOptions({ rpID: rpId, userVerification: 'preferred' }),
    );
  }

  /** A session for the owner of the key. */
  async signIn(answer: PasskeyAnswer, info: RequestInfo): Promise<TokenResponse> {
    const { pool } = this.#database;
    const challenge = await openChallenge(pool, answer, null);
    const { id, response } = readCredential(answer);
    const passkey = await findPasskeyByCredential(pool, Buffer.from(id, 'base64url'));
    if (passkey?.user_id !== ownerIn(response.userHandle)) throw notVerified();
    const signCount = await verifyUsedPasskey(this.#config.passkeys, { answer, challenge }, passkey);
    const user = await findUser(pool, passkey.user_id);
    if (user === undefined) throw notVerified();
    checkConfirmed(user);
    return this.#database.transaction(async (tx) => {
      await touchPasskey(tx, passkey.id, signCount);
      await auditUser(tx, info, user, 'login', { passkey_id: passkey.id });
      return this.#issuer.open(tx, user.id, 'passkey', info);
    });
  }

  list(userId: string): Promise<PasskeyRow[]> {
    return listPasskeys(this.#database.pool, userId);
  }

  async rename(user: AuthUser, id: string, name: string, info: RequestInfo): Promise<PasskeyRow> {
    if (name === '') throw refuse.validation('friendly_name is required');
    if (name.length > MAX_NAME) {
      throw refuse.validation(`friendly_name must be ${MAX_NAME} characters or fewer`);
    }
    if (!isUuid(id)) throw notFound();
    return this.#database.transaction(async (tx) => {
      const passkey = await renamePasskey(tx, user.id, id, name);
      if (passkey === undefined) throw notFound();
      await auditUser(tx, info, user, 'passkey_updated', { passkey_id: id });
      return passkey;
    });
  }

  /** Removes a key of the user himself, who must have shown a second factor where he has one. */
  async delete(principal: Principal, id: string, info: RequestInfo): Promise<void> {
    checkAssurance(principal);
    await this.deleteOf(principal.user, id, info);
  }

  /** Removes a key of a user; an administrator may. */
  async deleteOf(user: AuthUser, id: string, info: RequestInfo): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.#database.transaction(async (tx) => {
      if (!(await deletePasskey(tx, user.id, id))) throw notFound();
      await auditUser(tx, info, user, 'passkey_deleted', { passkey_id: id });
    });
  }

  async #challenge(userId: string | null, options: { challenge: string }): Promise<Record<string, unknown>> {
    const expiresAt = new Date(Date.now() + LIFETIME);
    const { challenge } = options;
    const id = await insertPasskeyChallenge(this.#database.pool, { userId, challenge, expiresAt });
    return { challenge_id: id, options, expires_at: Math.floor(expiresAt.getTime() / 1000) };
  }
}

/** Who the device says that its key is for. */
function ownerIn(handle: unknown): string {
  return typeof handle === 'string' ? Buffer.from(handle, 'base64url').toString() : '';
}

function checkManager(principal: Principal): void {
  if (principal.user.is_sso_user) throw refuse.unprocessable('SSO users cannot register passkeys');
  checkAssurance(principal);
}

function checkAssurance({ user, session }: Principal): void {
  if (!hasMfa(user) || session?.aal === 'aal2') return;
  throw refuse.insufficientAal('AAL2 session is required to manage passkeys when MFA is enabled', 403);
}

function checkConfirmed(user: AuthUser): void {
  if (user.email && user.email_confirmed_at === null) {
    throw new AuthError(403, 'email_not_confirmed', 'Email not confirmed');
  }
  if (user.phone && user.phone_confirmed_at === null) {
    throw new AuthError(403, 'phone_not_confirmed', 'Phone not confirmed');
  }
  if (isBanned(user)) throw refuse.banned(403);
}

function tooMany(): AuthError {
  return new AuthError(422, 'too_many_passkeys', 'Maximum number of passkeys reached');
}

function notFound(): AuthError {
  return new AuthError(404, 'validation_failed', 'Passkey not found');
}
