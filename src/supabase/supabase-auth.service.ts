import { Injectable } from '@nestjs/common';
import type { AppError } from '../platform/errors/app-error.js';
import { unavailable } from '../platform/errors/errors.js';
import { postToAuth } from './auth-request.js';
import { SupabaseAuthFlows } from './supabase-auth-flows.js';
import type { Behind } from './supabase-clients.service.js';
import type {
  EmailOtpType,
  SignOutScope,
  SignUpResult,
  SupabaseIdentity,
  SupabaseTokens,
  SupabaseUser,
  SupabaseUserChanges,
  SupabaseUserPage,
} from './supabase.types.js';
import { dataOf, tokensOf, userOf, usersOf } from './upstream-answer.js';
import {
  badCode,
  badCredentials,
  deadRefreshToken,
  duplicateUser,
  signedOut,
  upstreamError,
} from './upstream-error.js';

/** Where a call comes from: the caller's address, for Supabase's own limits. */
type From = Pick<Behind, 'address'>;

/** A user is known by the token alone, so one that is gone means a token that is dead. */
const OF_TOKEN = { user_not_found: signedOut, otherwise: signedOut };
const OF_USER_UPDATE = { user_not_found: signedOut };
const OF_REFRESH_TOKEN = {
  user_banned: deadRefreshToken,
  user_not_found: deadRefreshToken,
  session_not_found: deadRefreshToken,
  session_expired: deadRefreshToken,
  validation_failed: deadRefreshToken,
  otherwise: deadRefreshToken,
};

/** When Supabase does not take our secret key, that is not the caller's fault. */
const badKey = (cause: unknown): AppError => unavailable(undefined, { cause });
const AS_ADMIN = { no_authorization: badKey, not_admin: badKey, bad_jwt: badKey };

/**
 * Supabase Auth. Every function asks Supabase anew and keeps nothing, so no two callers ever share a session.
 *
 * All of them throw AppErrors: `unavailable` when Supabase cannot be reached, is too slow or answers nonsense,
 * `rate_limited` when it has had enough, and what is named at each function.
 */
@Injectable()
export class SupabaseAuth extends SupabaseAuthFlows {
  /**
   * Signs up somebody new; a confirmation e-mail goes out if the project wants one.
   * @throws AppError `validation` for a duplicate or a weak password
   */
  async signUp(input: { email: string; password: string } & From): Promise<SignUpResult> {
    const { email, password, address } = input;
    const { user, session } = await dataOf(this.clients.auth({ address }).signUp({ email, password }));
    const known = userOf(user);
    // Where e-mails are confirmed, Supabase answers a duplicate with a made-up user that has no identity.
    if (session === null && known.identities?.length === 0) throw duplicateUser();
    return { user: known, session: session === null ? null : tokensOf(session) };
  }

  /**
   * Makes a user, as an administrator (no e-mail goes out).
   * @param input.emailConfirm whether the address counts as confirmed, so that the user can sign in (default true)
   * @throws AppError `validation` for a duplicate or a weak password
   */
  async createUser(input: {
    email: string;
    password: string;
    userMetadata?: Record<string, unknown> | undefined;
    emailConfirm?: boolean;
  }): Promise<SupabaseUser> {
    const { email, password, userMetadata, emailConfirm = true } = input;
    const attributes: SupabaseUserChanges = { email, password, email_confirm: emailConfirm };
    if (userMetadata) attributes.user_metadata = userMetadata;
    const { user } = await dataOf(this.clients.admin.createUser(attributes), AS_ADMIN);
    return userOf(user);
  }

  /** Signs in as somebody who has not said who they are. `forbidden` where the project does not allow it. */
  async createAnonymousUser({ address }: From = {}): Promise<SupabaseTokens> {
    const { session } = await dataOf(this.clients.auth({ address }).signInAnonymously());
    return tokensOf(session);
  }

  /**
   * Signs in by e-mail and password.
   * @throws AppError `authentication` when they do not belong together, and when the e-mail is not confirmed yet
   */
  async signInWithEmail(input: { email: string; password: string } & From): Promise<SupabaseTokens> {
    const { email, password, address } = input;
    const { session } = await dataOf(
      this.clients.auth({ address }).signInWithPassword({ email, password }),
      // Supabase tells of a ban before it has looked at the password.
      { user_banned: badCredentials, validation_failed: badCredentials, user_not_found: badCredentials },
    );
    return tokensOf(session);
  }

  /**
   * E-mails a one-time password (or a link, as the project's template has it).
   * @param input.shouldCreateUser whether an unknown address becomes a new user (default true)
   */
  async signInWithOtp(input: { email: string; shouldCreateUser?: boolean } & From): Promise<void> {
    const { email, shouldCreateUser = true, address } = input;
    await dataOf(this.clients.auth({ address }).signInWithOtp({ email, options: { shouldCreateUser } }));
  }

  /**
   * Signs in by a code from an e-mail.
   * @param input.type which e-mail (default `email`)
   * @throws AppError `authentication` for a wrong, used or expired code
   */
  async verifyOtp(
    input: { email: string; token: string; type?: EmailOtpType } & From,
  ): Promise<SupabaseTokens> {
    const { email, token, type = 'email', address } = input;
    const { session } = await dataOf(this.clients.auth({ address }).verifyOtp({ email, token, type }), {
      user_not_found: badCode,
      otherwise: badCode,
    });
    return tokensOf(session);
  }

  /**
   * Ends the session of a token (default), all of its user's (`global`), or all but its own (`others`). A session that
   * is gone already counts as ended.
   */
  async signOut(input: { authToken: string; scope?: SignOutScope } & From): Promise<void> {
    const { authToken, scope = 'local', address } = input;
    const { error } = await this.clients
      .auth({ authToken, address })
      .admin.signOut(authToken, scope)
      .catch((cause: unknown) => ({ error: cause }));
    if (error === null) return;
    const mapped = upstreamError(error, OF_TOKEN);
    if (mapped.kind !== 'authentication') throw mapped;
  }

  /**
   * E-mails a link to set a new password. Nothing tells whether the address is known.
   * @param input.redirectUrl where the link ends; the project must allow it, too
   */
  async resetPassword(input: { email: string; redirectUrl?: string | undefined } & From): Promise<void> {
    const { email, redirectUrl, address } = input;
    const options = redirectUrl === undefined ? {} : { redirectTo: redirectUrl };
    await dataOf(this.clients.auth({ address }).resetPasswordForEmail(email, options));
  }

  /**
   * The user of a token, which Supabase itself judges: it has no resource for a session.
   * @throws AppError `authentication` when the token or its session is dead
   */
  async getSession({ authToken, address }: { authToken: string } & From): Promise<SupabaseUser> {
    const { user } = await dataOf(this.clients.auth({ authToken, address }).getUser(authToken), OF_TOKEN);
    return userOf(user);
  }

  /**
   * A new session for a refresh token, which is used up by it. Asked for beside the client, which would try again for
   * half a minute while Supabase is down.
   * @throws AppError `authentication` when the refresh token is dead
   */
  async refreshSession({ refreshToken, address }: { refreshToken: string } & From): Promise<SupabaseTokens> {
    return tokensOf(
      await postToAuth(this.clients, '/token?grant_type=refresh_token', {
        body: { refresh_token: refreshToken },
        address,
        overrides: OF_REFRESH_TOKEN,
      }),
    );
  }

  /** Merges into the metadata of the token's user; a key with the value null is removed. */
  async setSessionData(
    input: { authToken: string; data: Record<string, unknown> } & From,
  ): Promise<SupabaseUser> {
    const { authToken, data, address } = input;
    const { user } = await dataOf(
      this.clients.auth({ authToken, address }).updateUser({ data }),
      OF_USER_UPDATE,
    );
    return userOf(user);
  }

  /**
   * Sets the password of the token's user. Supabase ends all other sessions of theirs.
   * @param input.currentPassword a project may want it, unless the session is one of a forgotten password
   * @throws AppError `validation` for a weak password or the present one
   */
  async updatePassword(
    input: { authToken: string; password: string; currentPassword?: string } & From,
  ): Promise<SupabaseUser> {
    const { authToken, password, currentPassword: current_password, address } = input;
    const { user } = await dataOf(
      this.clients
        .auth({ authToken, address })
        .updateUser({ password, ...(current_password === undefined ? {} : { current_password }) }),
      OF_USER_UPDATE,
    );
    return userOf(user);
  }

  /** A user by id, as an administrator. `not_found` when there is none. */
  async getUser({ userId }: { userId: string }): Promise<SupabaseUser> {
    return userOf((await dataOf(this.clients.admin.getUserById(userId), AS_ADMIN)).user);
  }

  /** One page of all users, oldest first, as an administrator. Pages count from 1. */
  async listUsers({
    page = 1,
    perPage = 50,
  }: { page?: number; perPage?: number } = {}): Promise<SupabaseUserPage> {
    const data = await dataOf(this.clients.admin.listUsers({ page, perPage }), AS_ADMIN);
    const total = 'total' in data && data.total > 0 ? data.total : null;
    return { users: usersOf(data.users), total };
  }

  /** Changes a user, as an administrator: `email`, `password`, `user_metadata`, `app_metadata`, … `not_found` when there is none. */
  async updateUser(input: { userId: string; userData: SupabaseUserChanges }): Promise<SupabaseUser> {
    return userOf(
      (await dataOf(this.clients.admin.updateUserById(input.userId, input.userData), AS_ADMIN)).user,
    );
  }

  /** Deletes a user with all their sessions, as an administrator. `not_found` when there is none. */
  async deleteUser({ userId }: { userId: string }): Promise<void> {
    userOf((await dataOf(this.clients.admin.deleteUser(userId), AS_ADMIN)).user);
  }

  /** The identities linked to a user, as an administrator. `not_found` when there is no such user. */
  async getUserIdentities({ userId }: { userId: string }): Promise<SupabaseIdentity[]> {
    return (await this.getUser({ userId })).identities ?? [];
  }
}
