import type { ConfigSection } from './config-section.ts';

/** `[auth.sms]`. */
export interface PhoneConfig {
  /** People may sign up and in by phone. As with the CLI only where a code can reach somebody. */
  readonly enabled: boolean;
  /** No confirmation is asked for. */
  readonly autoconfirm: boolean;
  /** Shortest time between two codes to one user, milliseconds. */
  readonly maxFrequency: number;
  /** Milliseconds. */
  readonly otpExpiry: number;
  /** Digits of a code. */
  readonly otpLength: number;
  /** The code of each number for tests, by its digits. Any other number is reached by the hook that sends codes, or not at all. */
  readonly testCodes: ReadonlyMap<string, string>;
}

/** The CLI's lifetime of a code. */
const OTP_EXPIRY = 6_000_000;
/** GoTrue's length of one. */
const OTP_LENGTH = 6;

/** @param isSent - a hook sends codes */
export function readPhoneConfig(sms: ConfigSection, isSent: boolean): PhoneConfig {
  const testOtp = sms.section('test_otp');
  const testCodes = new Map(
    testOtp.keys().map((phone) => [phone.replace(/^\+/, ''), testOtp.string(phone, '')]),
  );
  return {
    enabled: sms.boolean('enable_signup', false) && (isSent || testCodes.size > 0),
    autoconfirm: !sms.boolean('enable_confirmations', false),
    maxFrequency: sms.duration('max_frequency', '5s'),
    otpExpiry: OTP_EXPIRY,
    otpLength: OTP_LENGTH,
    testCodes,
  };
}
