import { randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import { readPhone } from '../phone/phone-number.ts';
import { downgradeSessions } from '../sessions/sessions.repository.ts';
import { auditUser } from '../users/audit.ts';
import { lockUser } from '../users/users.repository.ts';
import type { AuthUser, FactorRow } from '../users/user.types.ts';
import { deleteFactor, insertPhoneFactor, insertTotpFactor, lockFactor } from './factors.repository.ts';
import { checkNewFactor, hasUsableFactor, storingFactor, userForFactor } from './new-factor.ts';
import { findCodeSet } from './recovery-codes.repository.ts';
import { insertKeyFactor } from './security-keys.repository.ts';
import { createTotpKey } from './totp.ts';

/** What a user asks for when he sets up a second factor. */
export interface Enrollment {
  factorType: string;
  friendlyName: string;
  /** Shown by the authenticator app; the site's host where empty. */
  issuer: string;
  phone: string;
}

const OTHER_ENDPOINT =
  'Recovery codes cannot be unenrolled with this endpoint, use DELETE /factors/recovery-codes';

/** What makes a factor, and what the client is told of it. */
interface Preparation {
  /** Removes what the new factor takes the place of; answers what stays. */
  replaced: (tx: Executor, factors: readonly FactorRow[]) => Promise<readonly FactorRow[]>;
  store: (tx: Executor, user: AuthUser) => Promise<void>;
  answer: Record<string, unknown>;
}

/** Setting up and removing second factors. */
export class EnrollmentService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #notifications: NotificationService;

  constructor(config: AuthConfig, database: Database, notifications: NotificationService) {
    this.#config = config;
    this.#database = database;
    this.#notifications = notifications;
  }

  /** Begins to set up a factor; it counts once a code of it was verified. */
  async enroll(
    principal: Principal,
    request: Enrollment,
    info: RequestInfo,
  ): Promise<Record<string, unknown>> {
    const id = randomUUID();
    const { replaced, store, answer } = this.#prepare(id, principal.user, request);
    const { session } = principal;
    if (session === undefined) throw refuse.sessionNotFound();
    await this.#database.transaction(async (tx) => {
      const user = await userForFactor(tx, principal.user.id);
      const others = await replaced(tx, user.factors);
      checkNewFactor(others, request.friendlyName, session.aal, this.#config.mfa);
      await storingFactor(store(tx, user), request.friendlyName);
      // As GoTrue has it, an authenticator app is not named.
      const type = request.factorType === 'totp' ? {} : { factor_type: request.factorType };
      await auditUser(tx, info, user, 'factor_in_progress', { factor_id: id, ...type });
    });
    return { id, type: request.factorType, friendly_name: request.friendlyName, ...answer };
  }

  /** Removes a factor; a verified one only in a session that it, or another, has raised, and not the last one before recovery codes. */
  async unenroll(principal: Principal, factorId: string, info: RequestInfo): Promise<void> {
    const { session, user } = principal;
    await this.#database.transaction(async (tx) => {
      const owner = await lockUser(tx, user.id);
      const factor = await lockFactor(tx, user.id, factorId);
      if (owner === undefined || factor === undefined) throw refuse.factorNotFound();
      if (factor.factor_type === 'recovery_code') throw refuse.unprocessable(OTHER_ENDPOINT);
      if (factor.status === 'verified' && session?.aal !== 'aal2') {
        throw refuse.insufficientAal('AAL2 required to unenroll verified factor', 422);
      }
      if (factor.status === 'verified') await this.#checkNotLast(tx, owner, factor.id);
      await deleteFactor(tx, factor.id);
      await auditUser(tx, info, user, 'factor_unenrolled', {
        factor_id: factor.id,
        factor_status: factor.status,
        session_id: session?.id ?? '',
      });
      await downgradeSessions(tx, user.id, factor.id);
      const change = { kind: 'mfa_factor_unenrolled', factorType: factor.factor_type } as const;
      await this.#notifications.tell(tx, user, change, info);
    });
  }

  #prepare(id: string, user: AuthUser, request: Enrollment): Preparation {
    if (request.factorType === 'phone') return this.#preparePhone(id, request);
    if (request.factorType === 'totp') return this.#prepareTotp(id, user, request);
    if (request.factorType === 'webauthn') return this.#prepareKey(id, request);
    throw refuse.factorTypeUnknown();
  }

  #prepareTotp(id: string, user: AuthUser, { friendlyName, issuer }: Enrollment): Preparation {
    if (!this.#config.mfa.totpEnroll) throw refuse.mfaDisabled('totp', 'enroll');
    const site = URL.parse(this.#config.siteUrl)?.host ?? this.#config.siteUrl;
    const { secret, uri, qrCode } = createTotpKey(issuer || site, user.email ?? user.phone ?? '');
    return {
      replaced: (_, factors) => Promise.resolve(factors),
      store: (tx) => insertTotpFactor(tx, { id, userId: user.id, friendlyName, secret }),
      answer: { totp: { qr_code: qrCode, secret, uri } },
    };
  }

  #preparePhone(id: string, { friendlyName, phone: text }: Enrollment): Preparation {
    if (!this.#config.mfa.phoneEnroll) throw refuse.mfaDisabled('phone', 'enroll');
    if (text === '') throw refuse.validation('Phone number required to enroll Phone factor');
    const phone = readPhone(text);
    return {
      replaced: async (tx, factors) => {
        const same = factors.find((factor) => factor.phone === phone);
        if (same?.status === 'verified') throw refuse.phoneFactorExists();
        if (same !== undefined) await deleteFactor(tx, same.id);
        return factors.filter((factor) => factor !== same);
      },
      store: (tx, user) => insertPhoneFactor(tx, { id, userId: user.id, friendlyName, phone }),
      answer: { phone: text },
    };
  }

  #prepareKey(id: string, { friendlyName }: Enrollment): Preparation {
    if (!this.#config.mfa.webauthnEnroll) throw refuse.mfaDisabled('webauthn', 'enroll');
    return {
      replaced: (_, factors) => Promise.resolve(factors),
      store: (tx, user) => insertKeyFactor(tx, { id, userId: user.id, friendlyName }),
      answer: {},
    };
  }

  /** Recovery codes must not become the only second factor. */
  async #checkNotLast(tx: Executor, { id, factors }: AuthUser, leaving: string): Promise<void> {
    const others = factors.filter((factor) => factor.id !== leaving);
    if (hasUsableFactor(others, this.#config.mfa)) return;
    if ((await findCodeSet(tx, id)) === undefined) return;
    throw refuse.recoveryCodesAlone(
      'Recovery codes cannot be the only verified factor. Please enroll another factor before unenrolling this one or delete your recovery codes.',
    );
  }
}
