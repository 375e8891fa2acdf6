import type { AuthHooks } from '../hooks/auth-hooks.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { PhoneConfig } from '../config/phone-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { generateCode, hashCode } from '../tokens/one-time-code.ts';
import { putOneTimeToken, type TokenType } from '../tokens/one-time-tokens.repository.ts';
import { updateUser } from '../users/users.repository.ts';
import type { AuthUser, UserChanges } from '../users/user.types.ts';

/** What a code to a phone is for, as GoTrue names it in refusals. */
export type PhoneCodePurpose = 'confirmation' | 'phone_change' | 'reauthentication';

/** GoTrue's id of a message that was not sent, since the number has a fixed code. */
export const TEST_MESSAGE_ID = 'test-otp';

/** Makes the codes of phones. A number has its code in the configuration, gets one by the hook, or is out of reach. */
export class PhoneCodeService {
  readonly #config: PhoneConfig;
  readonly #hooks: AuthHooks;

  constructor(config: PhoneConfig, hooks: AuthHooks) {
    this.#config = config;
    this.#hooks = hooks;
  }

  /** Stores the code of `phone` for the user and answers the message's id. */
  async issue(
    tx: Executor,
    user: AuthUser,
    phone: string,
    purpose: PhoneCodePurpose,
    info: RequestInfo,
  ): Promise<string> {
    this.#checkFrequency(lastSent(user, purpose));
    const { code, messageId } = await this.send(tx, user, { phone, purpose }, info);
    const hash = hashCode(phone, code);
    const { type, changes } = columns(purpose, phone, hash);
    await updateUser(tx, user.id, changes);
    await putOneTimeToken(tx, { userId: user.id, type, hash, relatesTo: phone });
    return messageId;
  }

  /** A code that is on its way to a phone. */
  async send(
    tx: Executor,
    user: AuthUser,
    { phone, purpose, type }: { phone: string; purpose: string; type?: string },
    info: RequestInfo,
  ): Promise<{ code: string; messageId: string }> {
    const fixed = this.#config.testCodes.get(phone);
    if (fixed !== undefined) return { code: fixed, messageId: TEST_MESSAGE_ID };
    if (!this.#hooks.sendsSms) throw refuse.smsFailed(purpose);
    const code = generateCode(this.#config.otpLength);
    await this.#hooks.sendSms(tx, user, { otp: code, phone, ...(type && { sms_type: type }) }, info);
    return { code, messageId: '' };
  }

  #checkFrequency(sentAt: Date | null): void {
    if (sentAt === null) return;
    const left = sentAt.getTime() + this.#config.maxFrequency - Date.now();
    if (left > 0) throw refuse.smsTooSoon(Math.floor(left / 1000));
  }
}

/** Refuses every channel but the one there is; a hook that sends codes may have any. */
export function checkChannel(channel: string, { hooks }: Pick<AuthConfig, 'hooks'>): void {
  if (channel !== '' && channel !== 'sms' && !hooks.has('send_sms')) {
    throw refuse.validation(
      "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only supported if Twilio or Twilio Verify is used as the provider.",
    );
  }
}

function lastSent(user: AuthUser, purpose: PhoneCodePurpose): Date | null {
  if (purpose === 'confirmation') return user.confirmation_sent_at;
  return purpose === 'phone_change' ? user.phone_change_sent_at : user.reauthentication_sent_at;
}

function columns(
  purpose: PhoneCodePurpose,
  phone: string,
  hash: string,
): { type: TokenType; changes: UserChanges } {
  const now = new Date();
  switch (purpose) {
    case 'confirmation':
      return {
        type: 'confirmation_token',
        changes: { confirmation_token: hash, confirmation_sent_at: now },
      };
    case 'phone_change':
      return {
        type: 'phone_change_token',
        changes: { phone_change: phone, phone_change_token: hash, phone_change_sent_at: now },
      };
    case 'reauthentication':
      return {
        type: 'reauthentication_token',
        changes: { reauthentication_token: hash, reauthentication_sent_at: now },
      };
  }
}
