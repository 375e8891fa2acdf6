import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { forbidden, notFound } from '../platform/errors/errors.js';
import { SupabaseClients, type Behind } from './supabase-clients.service.js';
import type {
  SupabaseChallenge,
  SupabaseEnrolledFactor,
  SupabaseFactor,
  SupabaseTokens,
} from './supabase.types.js';
import { dataOf, filledIn, tokensOf, userOf } from './upstream-answer.js';
import { signedOut, type Overrides, type UpstreamRefusal } from './upstream-error.js';

/** Somebody who is signed in. */
export type SignedInCaller = Behind & { authToken: string };

/** Supabase has one code for a missing token and for an anonymous user, whom it grants no factors. */
const OF_FACTORS: Overrides = {
  user_not_found: signedOut,
  no_authorization: (cause: UpstreamRefusal) =>
    cause.status === 403 ? forbidden('Anonymous users have no second factors', { cause }) : signedOut(cause),
};

/** The part of `SupabaseAuth` about second factors. */
@Injectable()
export class SupabaseAuthMfa {
  constructor(protected readonly clients: SupabaseClients) {}

  /** The factors of the token's user, also those that are not verified yet. */
  async listMfaFactors({ authToken, address }: SignedInCaller): Promise<SupabaseFactor[]> {
    const { user } = await dataOf(this.clients.auth({ authToken, address }).getUser(authToken), {
      ...OF_FACTORS,
      otherwise: signedOut,
    });
    return userOf(user).factors ?? [];
  }

  /**
   * Begins to set up a factor; it counts once a code of it was verified.
   * @param input.factorType only `totp` (default)
   * @param input.friendlyName to tell it from others; unique for the user. By default it says when it was begun: Supabase
   * lets only one factor of a user go without a name
   * @param input.issuer what the authenticator app shows; by default the project's site
   * @throws AppError `permission` when there is a verified factor and the session was not raised by it, `conflict` when
   * the name is taken or there are too many
   */
  async enrollMfaFactor(
    input: SignedInCaller & {
      factorType?: 'totp';
      friendlyName?: string | undefined;
      issuer?: string | undefined;
    },
  ): Promise<SupabaseEnrolledFactor> {
    const { authToken, address, factorType = 'totp', issuer } = input;
    const { friendlyName = `Authenticator app ${new Date().toISOString()}` } = input;
    const factor = await dataOf(
      this.clients.auth({ authToken, address }).mfa.enroll({
        factorType,
        friendlyName,
        ...(issuer === undefined ? {} : { issuer }),
      }),
      OF_FACTORS,
    );
    filledIn(factor, 'id');
    for (const name of ['qr_code', 'secret', 'uri']) filledIn(factor.totp, name);
    return factor;
  }

  /**
   * Opens a challenge for a factor of the token's user.
   * @throws AppError `not_found` when they have no such factor
   */
  async createMfaChallenge(input: SignedInCaller & { factorId: string }): Promise<SupabaseChallenge> {
    const { authToken, address, factorId } = input;
    const challenge = await dataOf(
      this.clients.auth({ authToken, address }).mfa.challenge({ factorId: inPath(factorId) }),
      OF_FACTORS,
    );
    filledIn(challenge, 'id');
    return challenge;
  }

  /**
   * Answers a challenge: the same session, raised to AAL2, with new tokens. Supabase ends the user's sessions that are not.
   * @throws AppError `validation` for a wrong code or an expired challenge, `not_found` for a challenge of another factor
   */
  async verifyMfaChallenge(
    input: SignedInCaller & { factorId: string; challengeId: string; code: string },
  ): Promise<SupabaseTokens> {
    const { authToken, address, factorId, challengeId, code } = input;
    return tokensOf(
      await dataOf(
        this.clients
          .auth({ authToken, address })
          .mfa.verify({ factorId: inPath(factorId), challengeId, code }),
        OF_FACTORS,
      ),
    );
  }

  /**
   * Removes a factor.
   * @throws AppError `permission` when it is verified and the session was not raised to AAL2, `conflict` when only recovery
   * codes would be left
   */
  async unenrollMfaFactor(input: SignedInCaller & { factorId: string }): Promise<void> {
    const { authToken, address, factorId } = input;
    await dataOf(
      this.clients.auth({ authToken, address }).mfa.unenroll({ factorId: inPath(factorId) }),
      OF_FACTORS,
    );
  }
}

/** The client puts ids into paths as they are: `../user` would be another route. */
export function inPath(id: string): string {
  if (!isUUID(id, 'loose')) throw notFound();
  return id;
}
