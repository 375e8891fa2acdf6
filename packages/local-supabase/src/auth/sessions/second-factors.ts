/** Kinds of second factors, as `auth.mfa_factors` names them. */
export type FactorType = 'totp' | 'phone' | 'webauthn' | 'recovery_code';

/** What each of them leaves in the `amr` claim. */
export const FACTOR_METHODS = {
  totp: 'totp',
  phone: 'mfa/phone',
  webauthn: 'mfa/webauthn',
  recovery_code: 'mfa/recovery_code',
} as const satisfies Record<FactorType, string>;

export type FactorMethod = (typeof FACTOR_METHODS)[FactorType];

/** Whether a method of the `amr` claim proves a second factor. */
export function isFactorMethod(method: string): boolean {
  return Object.values<string>(FACTOR_METHODS).includes(method);
}
