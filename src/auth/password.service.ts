import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../platform/errors/app-error.js';
import { invalidFields } from '../platform/errors/errors.js';
import type { Identity } from '../platform/http/actor.js';
import { SupabaseAuth } from '../supabase/supabase-auth.service.js';
import type { SupabaseTokens } from '../supabase/supabase.types.js';
import type { PasswordBody, PasswordResetBody } from './dto/password.dto.js';
import { RedirectUrls } from './redirect-urls.js';
import { SupabaseSession } from './sessions/supabase-session.service.js';

/** Forgotten and changed passwords. */
@Injectable()
export class Passwords {
  private readonly logger = new Logger(Passwords.name);

  constructor(
    private readonly supabase: SupabaseAuth,
    private readonly supabaseSession: SupabaseSession,
    private readonly redirectUrls: RedirectUrls,
  ) {}

  /**
   * Asks Supabase to e-mail a link. The answer is always the same: whether the address is known (Supabase limits
   * e-mails only to those that are), and whether Supabase is well, is nobody's business here.
   */
  async reset({ email, redirect_url }: PasswordResetBody, address: string): Promise<{ message: string }> {
    const redirectUrl = this.redirectUrls.check(redirect_url);
    try {
      await this.supabase.resetPassword({ email, redirectUrl, address });
    } catch (error) {
      // Only the kind: a refusal of Supabase may repeat the address.
      const reason = error instanceof AppError ? error.kind : 'internal';
      this.logger.warn({ msg: 'password reset failed', reason });
    }
    return { message: 'Password reset email sent' };
  }

  /**
   * Changes the password of somebody who knows the present one. Supabase ends all of their other sessions.
   * @throws AppError `validation` when the present one is wrong or the new one is not accepted
   */
  async change(identity: Identity, body: PasswordBody, address: string): Promise<{ message: string }> {
    const authToken = await this.supabaseSession.accessTokenOf(identity);
    const proof = await this.prove(authToken, body.current_password, address);
    try {
      await this.supabase.updatePassword({
        authToken,
        password: body.new_password,
        currentPassword: body.current_password,
        address,
      });
    } finally {
      await this.discard(proof);
    }
    this.logger.log({ msg: 'password changed', user_id: identity.userId });
    return { message: 'Password updated' };
  }

  /** Supabase compares passwords only by signing in; the session that this makes is not needed. */
  private async prove(authToken: string, password: string, address: string): Promise<SupabaseTokens> {
    const { email } = await this.supabase.getSession({ authToken, address });
    if (email === undefined || email === '') throw wrongPassword();
    try {
      return await this.supabase.signInWithEmail({ email, password, address });
    } catch (error) {
      throw error instanceof AppError && error.kind === 'authentication' ? wrongPassword(error) : error;
    }
  }

  private async discard({ access_token: authToken }: SupabaseTokens): Promise<void> {
    try {
      await this.supabase.signOut({ authToken });
    } catch (error) {
      this.logger.warn({ msg: 'a session that only proved a password was not ended', err: error });
    }
  }
}

function wrongPassword(cause?: AppError): AppError {
  const error = invalidFields([{ field: 'current_password', message: 'The current password is incorrect' }]);
  error.cause = cause;
  return error;
}
