import { randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { readPhone } from '../phone/phone-number.ts';
import { downgradeSessions } from '../sessions/sessions.repository.ts';
import { auditUser } from '../users/audit.ts';
import { lockUser } from '../users/users.repository.ts';
import { hasMfa, type AuthUser } from '../users/user.types.ts';
import {
  deleteExpiredFactors,
  deleteFactor,
  insertPhoneFactor,
  insertTotpFactor,
  lockFactor,
} from './factors.repository.ts';
import { createTotpKey } from './totp.ts';

/** Seconds that an enrolment may stay unfinished. */
const ENROLLMENT_LIFETIME = 300;

/** What a user asks for when he sets up a second factor. */
export interface Enrollment {
  factorType: string;
  friendlyName: string;
  /** Shown by the authenticator app; the site's host where empty. */
  issuer: string;
  phone: string;
}

/** What makes a factor, and what the client is told of it. */
interface Preparation {
  store: (tx: Executor, user: AuthUser) => Promise<void>;
  answer: Record<string, unknown>;
}

/** Setting up and removing second factors. */
export class EnrollmentService {
  readonly #config: AuthConfig;
  readonly #database: Database;

  constructor(config: AuthConfig, database: Database) {
    this.#config = config;
    this.#database = database;
  }

  /** Begins to set up a factor; it counts once a code of it was verified. */
  async enroll(
    principal: Principal,
    request: Enrollment,
    info: RequestInfo,
  ): Promise<Record<string, unknown>> {
    const id = randomUUID();
    const { store, answer } = this.#prepare(id, principal.user, request);
    const { session } = principal;
    if (session === undefined) throw refuse.sessionNotFound();
    await this.#database.transaction(async (tx) => {
      const user = await this.#freshUser(tx, principal.user.id);
      this.#checkAllowed(user, session.aal, request.friendlyName);
      await storing(store(tx, user), request.friendlyName);
      await auditUser(tx, info, user, 'factor_in_progress', {
        factor_id: id,
        factor_type: request.factorType,
      });
    });
    return { id, type: request.factorType, friendly_name: request.friendlyName, ...answer };
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

  #prepare(id: string, user: AuthUser, request: Enrollment): Preparation {
    if (request.factorType === 'phone') return this.#preparePhone(id, request);
    if (request.factorType === 'totp') return this.#prepareTotp(id, user, request);
    if (request.factorType === 'webauthn') throw refuse.mfaDisabled('webauthn', 'enroll');
    throw refuse.validation('factor_type needs to be totp, phone, or webauthn');
  }

  #prepareTotp(id: string, user: AuthUser, { friendlyName, issuer }: Enrollment): Preparation {
    if (!this.#config.mfa.totpEnroll) throw refuse.mfaDisabled('totp', 'enroll');
    const site = URL.parse(this.#config.siteUrl)?.host ?? this.#config.siteUrl;
    const { secret, uri, qrCode } = createTotpKey(issuer || site, user.email ?? user.phone ?? '');
    return {
      store: (tx) => insertTotpFactor(tx, { id, userId: user.id, friendlyName, secret }),
      answer: { totp: { qr_code: qrCode, secret, uri } },
    };
  }

  #preparePhone(id: string, { friendlyName, phone: text }: Enrollment): Preparation {
    if (!this.#config.mfa.phoneEnroll) throw refuse.mfaDisabled('phone', 'enroll');
    if (text === '') throw refuse.validation('Phone number required to enroll Phone factor');
    const phone = readPhone(text);
    return {
      store: async (tx, user) => {
        const same = user.factors.find((factor) => factor.phone === phone);
        if (same?.status === 'verified') throw refuse.phoneFactorExists();
        if (same !== undefined) await deleteFactor(tx, same.id);
        await insertPhoneFactor(tx, { id, userId: user.id, friendlyName, phone });
      },
      answer: { phone },
    };
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

async function storing(stored: Promise<void>, friendlyName: string): Promise<void> {
  try {
    await stored;
  } catch (error) {
    throw violates(error, 'mfa_factors_user_friendly_name_unique')
      ? refuse.factorNameTaken(friendlyName)
      : error;
  }
}
