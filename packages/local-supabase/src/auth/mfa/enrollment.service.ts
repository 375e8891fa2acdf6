import { randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { downgradeSessions } from '../sessions/sessions.repository.ts';
import { auditUser } from '../users/audit.ts';
import { lockUser } from '../users/users.repository.ts';
import { hasMfa, type AuthUser } from '../users/user.types.ts';
import { deleteExpiredFactors, deleteFactor, insertTotpFactor, lockFactor } from './factors.repository.ts';
import { createTotpKey } from './totp.ts';

/** Seconds that an enrolment may stay unfinished. */
const ENROLLMENT_LIFETIME = 300;

/** What a user asks for when he sets up a second factor. */
export interface Enrollment {
  factorType: string;
  friendlyName: string;
  /** Shown by the authenticator app; the site's host where empty. */
  issuer: string;
}

/** Setting up and removing second factors. */
export class EnrollmentService {
  readonly #config: AuthConfig;
  readonly #database: Database;

  constructor(config: AuthConfig, database: Database) {
    this.#config = config;
    this.#database = database;
  }

  /** Begins to set up an authenticator app; the factor counts once a code of it was verified. */
  async enroll(
    principal: Principal,
    request: Enrollment,
    info: RequestInfo,
  ): Promise<Record<string, unknown>> {
    this.#checkType(request.factorType);
    const { session } = principal;
    if (session === undefined) throw refuse.sessionNotFound();
    const issuer = request.issuer || (URL.parse(this.#config.siteUrl)?.host ?? this.#config.siteUrl);
    const key = createTotpKey(issuer, principal.user.email ?? principal.user.phone ?? '');
    const id = randomUUID();
    await this.#database.transaction(async (tx) => {
      const user = await this.#freshUser(tx, principal.user.id);
      this.#checkAllowed(user, session.aal, request.friendlyName);
      await storeFactor(tx, { id, userId: user.id, friendlyName: request.friendlyName, secret: key.secret });
      await auditUser(tx, info, user, 'factor_in_progress', { factor_id: id });
    });
    return {
      id,
      type: 'totp',
      friendly_name: request.friendlyName,
      totp: { qr_code: key.qrCode, secret: key.secret, uri: key.uri },
    };
  }

  /** Removes a factor; a verified one only in a session that it, or another, has raised. */
  async unenroll(principal: Principal, factorId: string, info: RequestInfo): Promise<void> {
    const { session, user } = principal;
    await this.#database.transaction(async (tx) => {
      const factor = await lockFactor(tx, user.id, factorId);
      if (factor === undefined) throw refuse.factorNotFound();
      if (factor.status === 'verified' && session?.aal !== 'aal2') {
        throw refuse.insufficientAal('AAL2 required to unenroll verified factor', 422);
      }
      await deleteFactor(tx, factor.id);
      await auditUser(tx, info, user, 'factor_unenrolled', {
        factor_id: factor.id,
        factor_status: factor.status,
        session_id: session?.id ?? '',
      });
      await downgradeSessions(tx, user.id, factor.id);
    });
  }

  #checkType(type: string): void {
    if (type === 'phone') throw refuse.mfaDisabled('phone', 'enroll');
    if (type === 'webauthn') throw refuse.mfaDisabled('webauthn', 'enroll');
    if (type !== 'totp') throw refuse.validation('factor_type needs to be totp, phone, or webauthn');
    if (!this.#config.mfa.totpEnroll) throw refuse.mfaDisabled('totp', 'enroll');
  }

  /** The user, locked, without what he left unfinished long ago. */
  async #freshUser(tx: Executor, userId: string): Promise<AuthUser> {
    await deleteExpiredFactors(tx, userId, ENROLLMENT_LIFETIME);
    const user = await lockUser(tx, userId);
    if (user === undefined) throw refuse.subjectNotFound();
    return user;
  }

  #checkAllowed(user: AuthUser, aal: string | null, friendlyName: string): void {
    if (user.factors.length >= this.#config.mfa.maxEnrolledFactors) throw refuse.tooManyFactors();
    if (hasMfa(user) && aal !== 'aal2') {
      throw refuse.insufficientAal('AAL2 required to enroll a new factor', 403);
    }
    if (friendlyName !== '' && user.factors.some((factor) => factor.friendly_name === friendlyName)) {
      throw refuse.factorNameTaken(friendlyName);
    }
  }
}

async function storeFactor(tx: Executor, factor: Parameters<typeof insertTotpFactor>[1]): Promise<void> {
  try {
    await insertTotpFactor(tx, factor);
  } catch (error) {
    throw violates(error, 'mfa_factors_user_friendly_name_unique')
      ? refuse.factorNameTaken(factor.friendlyName)
      : error;
  }
}
