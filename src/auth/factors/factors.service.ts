import { Injectable, Logger } from '@nestjs/common';
import type { Identity } from '../../platform/http/actor.js';
import { SupabaseAuth } from '../../supabase/supabase-auth.service.js';
import type {
  SupabaseChallenge,
  SupabaseEnrolledFactor,
  SupabaseFactor,
} from '../../supabase/supabase.types.js';
import type { EnrollFactorBody, VerifyFactorBody } from '../dto/factor.dto.js';
import type { SignedIn } from '../sessions/sign-in.types.js';
import { SupabaseSession } from '../sessions/supabase-session.service.js';
import { TokenIssuer } from '../sessions/token-issuer.service.js';

/** The second factors of somebody who is signed in. Whose they are, Supabase judges by the token that goes along. */
@Injectable()
export class Factors {
  private readonly logger = new Logger(Factors.name);

  constructor(
    private readonly supabase: SupabaseAuth,
    private readonly supabaseSession: SupabaseSession,
    private readonly issuer: TokenIssuer,
  ) {}

  async list(identity: Identity, address: string): Promise<SupabaseFactor[]> {
    return this.supabase.listMfaFactors({ authToken: await this.tokenOf(identity), address });
  }

  async enroll(
    identity: Identity,
    { factor_type: factorType, friendly_name: friendlyName, issuer }: EnrollFactorBody,
    address: string,
  ): Promise<SupabaseEnrolledFactor> {
    const authToken = await this.tokenOf(identity);
    return this.supabase.enrollMfaFactor({ authToken, address, factorType, friendlyName, issuer });
  }

  async challenge(identity: Identity, factorId: string, address: string): Promise<SupabaseChallenge> {
    return this.supabase.createMfaChallenge({ authToken: await this.tokenOf(identity), address, factorId });
  }

  /** The session raised to AAL2, with new tokens; the stored one behind tokens of our own is replaced. */
  async verify(
    identity: Identity,
    factorId: string,
    { challenge_id: challengeId, code }: VerifyFactorBody,
    address: string,
  ): Promise<SignedIn> {
    const authToken = await this.tokenOf(identity);
    const answer = { authToken, address, factorId, challengeId, code };
    const tokens = await this.supabase.verifyMfaChallenge(answer);
    this.logger.log({ msg: 'second factor verified', user_id: identity.userId });
    return this.issuer.issue(tokens);
  }

  async unenroll(identity: Identity, factorId: string, address: string): Promise<void> {
    await this.supabase.unenrollMfaFactor({ authToken: await this.tokenOf(identity), address, factorId });
    this.logger.log({ msg: 'second factor removed', user_id: identity.userId });
  }

  private tokenOf(identity: Identity): Promise<string> {
    return this.supabaseSession.accessTokenOf(identity);
  }
}
