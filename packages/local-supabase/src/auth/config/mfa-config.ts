import type { ConfigSection } from './config-section.ts';

/** `[auth.mfa]`: which second factors there are. */
export interface MfaConfig {
  readonly maxEnrolledFactors: number;
  readonly totpEnroll: boolean;
  readonly totpVerify: boolean;
  readonly phoneEnroll: boolean;
  readonly phoneVerify: boolean;
  /** Shortest time between two codes to one phone. */
  readonly phoneMaxFrequency: number;
  readonly webauthnEnroll: boolean;
  readonly webauthnVerify: boolean;
  readonly recoveryCodes: RecoveryCodesConfig;
}

/** `[auth.mfa.recovery_codes]`, by the names of GoTrue's settings: the Supabase CLI has none for them yet. */
export interface RecoveryCodesConfig {
  readonly enroll: boolean;
  readonly verify: boolean;
  /** Codes in a set. */
  readonly count: number;
  /** Characters of a code. */
  readonly length: number;
  /** So many wrong codes lock the set. */
  readonly maxAttempts: number;
  /** For so many milliseconds. */
  readonly lockout: number;
}

/** Throws with the setting that makes no sense. */
export function readMfaConfig(mfa: ConfigSection): MfaConfig {
  const totp = mfa.section('totp');
  const phone = mfa.section('phone');
  const webauthn = mfa.section('web_authn');
  return {
    maxEnrolledFactors: mfa.number('max_enrolled_factors', 10),
    totpEnroll: totp.boolean('enroll_enabled', false),
    totpVerify: totp.boolean('verify_enabled', false),
    phoneEnroll: phone.boolean('enroll_enabled', false),
    phoneVerify: phone.boolean('verify_enabled', false),
    phoneMaxFrequency: phone.duration('max_frequency', '5s'),
    webauthnEnroll: webauthn.boolean('enroll_enabled', false),
    webauthnVerify: webauthn.boolean('verify_enabled', false),
    recoveryCodes: readRecoveryCodes(mfa.section('recovery_codes')),
  };
}

function readRecoveryCodes(section: ConfigSection): RecoveryCodesConfig {
  const config = {
    enroll: section.boolean('enroll_enabled', false),
    verify: section.boolean('verify_enabled', false),
    count: section.number('count', 10),
    length: section.number('code_length', 16),
    maxAttempts: section.number('max_verify_attempts', 5),
    lockout: section.duration('lockout_duration', '15m'),
  };
  if (!config.enroll && !config.verify) return config;
  const check = (
    key: string,
    value: number,
    [least, most]: [number, number],
    words = `${least} to ${most}`,
  ): void => {
    if (value >= least && value <= most) return;
    throw new Error(`config.toml: [auth.mfa.recovery_codes] ${key} must be ${words}.`);
  };
  check('count', config.count, [4, 16]);
  check('code_length', config.length, [13, 32]);
  check('max_verify_attempts', config.maxAttempts, [3, 15]);
  check('lockout_duration', config.lockout, [60_000, 86_400_000], '1m to 24h');
  return config;
}
