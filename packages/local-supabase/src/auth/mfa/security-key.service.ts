import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import type { TokenResponse } from '../sessions/session-issuer.ts';
import { auditUser } from '../users/audit.ts';
import type { AuthUser, FactorRow, JsonObject } from '../users/user.types.ts';
import { deleteUnverifiedFactors, lockFactor, touchFactor } from './factors.repository.ts';
import { checkUnfinished } from './new-factor.ts';
import {
  findKeyChallenge,
  insertKeyChallenge,
  listKeys,
  saveKey,
  takeKeyChallenge,
  type KeyChallengeRow,
  type KeyCeremony,
} from './security-keys.repository.ts';
import { checkKeyAnswer, keyId } from './security-key-verification.ts';
import type { SessionRaiser } from './session-raiser.ts';

/** Milliseconds within which a challenge must be answered. */
const LIFETIME = 300_000;

const ENROLLED = { kind: 'mfa_factor_enrolled', factorType: 'webauthn' } as const;

/** What a browser answers for a security key. Empty and undefined members were not sent. */
export interface KeyAnswer {
  readonly challengeId: string;
  readonly type: string;
  readonly credential: JsonObject | undefined;
}

/** Security keys as second factors (WebAuthn). */
export class SecurityKeyService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #raiser: SessionRaiser;
  readonly #notifications: NotificationService;

  constructor(
    config: AuthConfig,
    database: Database,
    raiser: SessionRaiser,
    notifications: NotificationService,
  ) {
    this.#config = config;
    this.#database = database;
    this.#raiser = raiser;
    this.#notifications = notifications;
  }

  /**
   * What a browser needs to make a key for the factor or, once it has one, to use a key of the user's.
   * @param asked the page's own domain and origins, which count where the project names none
   */
  async challenge(
    { user }: Principal,
    factor: FactorRow,
    asked: JsonObject | undefined,
    info: RequestInfo,
  ): Promise<Record<string, unknown>> {
    this.#checkEnabled();
    const type = factor.status === 'verified' ? 'request' : 'create';
    const place = this.#place(asked);
    const options = await this.#options(user, type, place.rpId);
    const ceremony = { type, challenge: options.challenge, ...place } as const;
    return this.#database.transaction(async (tx) => {
      const { id, created_at: createdAt } = await insertKeyChallenge(tx, factor.id, info.ip, ceremony);
      await touchFactor(tx, factor.id);
      const expiresAt = Math.floor((createdAt.getTime() + LIFETIME) / 1000);
      const webauthn = { type, credential_options: { publicKey: options } };
      return { id, type: 'webauthn', expires_at: expiresAt, webauthn };
    });
  }

  /** Raises the session by what the key signed; a new key becomes the factor's. */
  async verify(
    { user, session }: Principal,
    factor: FactorRow,
    answer: KeyAnswer,
    info: RequestInfo,
  ): Promise<TokenResponse> {
    this.#checkEnabled();
    if (session === undefined) throw refuse.sessionNotFound();
    if (answer.type !== 'create' && answer.type !== 'request') {
      throw refuse.validation('WebAuthn type must be create or request');
    }
    if (answer.credential === undefined) throw refuse.validation('credential_response required');
    const challenge = await findKeyChallenge(this.#database.pool, factor.id, answer.challengeId);
    checkChallenge(challenge, answer.type, info.ip);
    const keys = await listKeys(this.#database.pool, user.id);
    const signed = await checkKeyAnswer(challenge, keys, user.id, answer.credential);
    const owner = signed.factorId ?? factor.id;
    return this.#database.transaction(async (tx) => {
      const current = await lockFactor(tx, user.id, factor.id);
      if (current === undefined) throw refuse.factorNotFound();
      // Whoever began to make a key before the factor had one must not put his in its place.
      const isLate = challenge.type === 'create' && current.status === 'verified';
      if (current.status !== 'verified') await checkUnfinished(tx, user.id, session.aal);
      if (isLate || !(await takeKeyChallenge(tx, challenge.id))) throw refuse.challengeNotFound();
      await auditUser(tx, info, user, 'verification_attempted', {
        factor_id: factor.id,
        challenge_id: challenge.id,
        factor_type: 'webauthn',
      });
      // The key may have been removed since it was looked for.
      if (!(await saveKey(tx, owner, signed.credential))) throw refuse.factorNotFound();
      await deleteUnverifiedFactors(tx, user.id, 'webauthn');
      if (current.status !== 'verified') {
        await this.#notifications.tell(tx, user, ENROLLED, info);
      }
      return this.#raiser.raise(tx, { sessionId: session.id, userId: user.id }, factor, info);
    });
  }

  #checkEnabled(): void {
    if (!this.#config.mfa.webauthnVerify) throw refuse.mfaDisabled('webauthn', 'verify');
  }

  #place(asked: JsonObject = {}): Pick<KeyCeremony, 'rpId' | 'rpOrigins'> {
    const { rpId, rpOrigins } = this.#config.passkeys;
    if (rpId !== '') return { rpId, rpOrigins };
    const origins = Array.isArray(asked.rpOrigins) ? asked.rpOrigins : [];
    const place = { rpId: asked.rpId, rpOrigins: origins.filter((origin) => typeof origin === 'string') };
    if (typeof place.rpId !== 'string' || place.rpId === '' || place.rpOrigins.length === 0) {
      throw refuse.validation('rpId and rpOrigins are required: [auth.webauthn] names none');
    }
    return { ...place, rpId: place.rpId };
  }

  async #options(user: AuthUser, type: KeyCeremony['type'], rpID: string): Promise<{ challenge: string }> {
    const { generateAuthenticationOptions, generateRegistrationOptions } =
      await import('@simplewebauthn/server');
    const keys = (await listKeys(this.#database.pool, user.id)).map(({ credential }) => ({
      id: keyId(credential),
    }));
    if (type === 'request') {
      return generateAuthenticationOptions({ rpID, userVerification: 'preferred', allowCredentials: keys });
    }
    const name = user.email ?? user.phone ?? '';
    return generateRegistrationOptions({
      rpName: this.#config.passkeys.rpDisplayName,
      rpID,
      userName: name,
      userID: new Uint8Array(Buffer.from(user.id)),
      userDisplayName: name,
      attestationType: 'none',
      authenticatorSelection: { userVerification: 'preferred' },
      excludeCredentials: keys,
    });
  }
}

function checkChallenge(
  challenge: KeyChallengeRow | undefined,
  type: string,
  ip: string,
): asserts challenge is KeyChallengeRow {
  if (challenge === undefined) throw refuse.challengeNotFound();
  if (challenge.ip_address !== ip) throw refuse.challengeMismatch();
  if (Date.now() > challenge.created_at.getTime() + LIFETIME) throw refuse.challengeExpired(challenge.id);
  if (challenge.type !== type) throw refuse.validation('Invalid credential_response');
}
