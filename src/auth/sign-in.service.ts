import { Injectable, Logger } from '@nestjs/common';
import { SupabaseAuth } from '../supabase/supabase-auth.service.js';
import type { SupabaseUser } from '../supabase/supabase.types.js';
import type { IdTokenBody } from './dto/flow.dto.js';
import type { OtpVerifyBody } from './dto/otp.dto.js';
import type { SignedIn, SignedUp } from './sessions/sign-in.types.js';
import { TokenIssuer } from './sessions/token-issuer.service.js';

interface EmailAndPassword {
  email: string;
  password: string;
}

/** Every way to become somebody. What Supabase refuses is thrown as `SupabaseAuth` says. */
@Injectable()
export class SignIn {
  private readonly logger = new Logger(SignIn.name);

  constructor(
    private readonly supabase: SupabaseAuth,
    private readonly issuer: TokenIssuer,
  ) {}

  async signUp({ email, password }: EmailAndPassword, address: string): Promise<SignedUp> {
    const { user, session } = await this.supabase.signUp({ email, password, address });
    this.logger.log({ msg: 'signed up', user_id: user.id });
    return session ? this.issuer.issue(session) : { user, accessToken: null };
  }

  /** Signs up and answers with the user alone; signing in is another request. */
  async register({ email, password }: EmailAndPassword, address: string): Promise<SupabaseUser> {
    const { user } = await this.supabase.signUp({ email, password, address });
    this.logger.log({ msg: 'signed up', user_id: user.id });
    return user;
  }

  async signIn({ email, password }: EmailAndPassword, address: string): Promise<SignedIn> {
    return this.issuer.issue(await this.supabase.signInWithEmail({ email, password, address }));
  }

  async signInAnonymously(address: string): Promise<SignedIn> {
    return this.issuer.issue(await this.supabase.createAnonymousUser({ address }));
  }

  async sendOtp(email: string, address: string): Promise<{ message: string }> {
    await this.supabase.signInWithOtp({ email, address });
    return { message: 'One-time password sent' };
  }

  async verifyOtp({ email, token, type }: OtpVerifyBody, address: string): Promise<SignedIn> {
    return this.issuer.issue(await this.supabase.verifyOtp({ email, token, type, address }));
  }

  async signInWithIdToken(
    { provider, id_token: idToken, nonce }: IdTokenBody,
    address: string,
  ): Promise<SignedIn> {
    return this.issuer.issue(await this.supabase.signInWithIdToken({ provider, idToken, nonce, address }));
  }
}
