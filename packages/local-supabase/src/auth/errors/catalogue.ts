import { PROVIDERS } from '../config/providers.ts';
import { AuthError } from './auth-error.ts';

const FACTOR_NAMES = {
  totp: 'TOTP',
  phone: 'Phone',
  webauthn: 'WebAuthn',
  recovery_codes: 'recovery codes',
} as const;

/**
 * Every refusal of this service: status, code and text as GoTrue's `internal/api` has them, since clients compare them.
 * A function where the text has a part that changes.
 */
export const refuse = {
  badJson: (reason: string) =>
    new AuthError(400, 'bad_json', `Could not parse request body as JSON: ${reason}`),
  bodyTooLarge: (limit: number) =>
    new AuthError(413, 'request_entity_too_large', `Request body too large (max ${limit} bytes)`),
  validation: (message: string) => new AuthError(400, 'validation_failed', message),
  unprocessable: (message: string) => new AuthError(422, 'validation_failed', message),
  unexpected: (message: string) => new AuthError(500, 'unexpected_failure', message),

  noAuthorization: () =>
    new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token'),
  badJwt: (reason: string, status: 400 | 403 = 403) => new AuthError(status, 'bad_jwt', reason),
  notAdmin: () => new AuthError(403, 'not_admin', 'User not allowed'),
  appMetadataIsAdmins: () =>
    new AuthError(403, 'not_admin', 'Updating app_metadata requires admin privileges'),
  sessionNotFound: () =>
    new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist'),
  subjectNotFound: () => new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist'),
  anonymousNotAllowed: () =>
    new AuthError(403, 'no_authorization', 'Anonymous user not allowed to perform these actions'),
  banned: (status: 400 | 403) => new AuthError(status, 'user_banned', 'User is banned'),

  signupDisabled: () => new AuthError(422, 'signup_disabled', 'Signups not allowed for this instance'),
  emailSignupsDisabled: () => new AuthError(400, 'email_provider_disabled', 'Email signups are disabled'),
  phoneSignupsDisabled: () => new AuthError(400, 'phone_provider_disabled', 'Phone signups are disabled'),
  emailLoginsDisabled: (status: 400 | 422) =>
    new AuthError(status, 'email_provider_disabled', 'Email logins are disabled'),
  phoneLoginsDisabled: (status: 400 | 422) =>
    new AuthError(status, 'phone_provider_disabled', 'Phone logins are disabled'),
  phoneUnsupported: () => new AuthError(400, 'phone_provider_disabled', 'Unsupported phone provider'),
  anonymousDisabled: () =>
    new AuthError(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled'),
  otpDisabled: () => new AuthError(422, 'otp_disabled', 'Signups not allowed for otp'),

  userExists: () => new AuthError(422, 'user_already_exists', 'User already registered'),
  emailExists: () =>
    new AuthError(422, 'email_exists', 'A user with this email address has already been registered'),
  phoneExists: () => new AuthError(422, 'phone_exists', 'Phone number already registered by another user'),
  phoneTaken: () =>
    new AuthError(422, 'phone_exists', 'A user with this phone number has already been registered'),
  userNotFound: (message = 'User not found') => new AuthError(404, 'user_not_found', message),

  weakPassword: (message: string, reasons: readonly string[]) =>
    new AuthError(422, 'weak_password', message, reasons),
  samePassword: () =>
    new AuthError(422, 'same_password', 'New password should be different from the old password.'),
  reauthenticationNeeded: () =>
    new AuthError(400, 'reauthentication_needed', 'Password update requires reauthentication'),
  nonceInvalid: () => new AuthError(422, 'reauthentication_not_valid', 'Nonce has expired or is invalid'),
  currentPasswordRequired: () =>
    new AuthError(400, 'current_password_required', 'Current password required when setting new password.'),
  currentPasswordInvalid: () =>
    new AuthError(400, 'current_password_invalid', 'Current password required when setting new password.'),
  emailNotConfirmedYet: () => new AuthError(422, 'email_not_confirmed', 'Please verify your email first.'),
  ssoManaged: () =>
    new AuthError(
      422,
      'user_sso_managed',
      'Updating email, phone, password of a SSO account only possible via SSO',
    ),
  insufficientAal: (message: string, status: 401 | 403 | 422 = 401) =>
    new AuthError(status, 'insufficient_aal', message),

  invalidCredentials: () => new AuthError(400, 'invalid_credentials', 'Invalid login credentials'),
  emailNotConfirmed: () => new AuthError(400, 'email_not_confirmed', 'Email not confirmed'),
  unsupportedGrant: () => new AuthError(400, 'invalid_credentials', 'unsupported_grant_type'),
  refreshTokenNotFound: () =>
    new AuthError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found'),
  refreshTokenUsed: () =>
    new AuthError(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used'),
  refreshUserBanned: () => new AuthError(400, 'user_banned', 'Invalid Refresh Token: User Banned'),
  refreshNoSession: () =>
    new AuthError(400, 'session_not_found', 'Invalid Refresh Token: No Valid Session Found'),
  sessionExpired: (detail: '' | ' (Inactivity)') =>
    new AuthError(400, 'session_expired', `Invalid Refresh Token: Session Expired${detail}`),

  otpExpired: () => new AuthError(403, 'otp_expired', 'Token has expired or is invalid'),
  linkExpired: () => new AuthError(403, 'otp_expired', 'Email link is invalid or has expired'),
  flowStateNotFound: () =>
    new AuthError(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found'),
  flowStateMissing: () =>
    new AuthError(
      400,
      'flow_state_not_found',
      'No associated flow state found. No valid flow state found for user.',
    ),
  flowStateExpired: () =>
    new AuthError(422, 'flow_state_expired', 'invalid flow state, flow state has expired'),
  badCodeVerifier: () =>
    new AuthError(400, 'bad_code_verifier', 'code challenge does not match previously saved code verifier'),

  requestRate: () => new AuthError(429, 'over_request_rate_limit', 'Request rate limit reached'),
  emailRate: () => new AuthError(429, 'over_email_send_rate_limit', 'email rate limit exceeded'),
  emailTooSoon: (seconds: number) =>
    new AuthError(
      429,
      'over_email_send_rate_limit',
      `For security purposes, you can only request this after ${seconds} seconds.`,
    ),

  mfaDisabled: (type: keyof typeof FACTOR_NAMES, action: 'enroll' | 'verify') =>
    new AuthError(
      422,
      `mfa_${type}_${action}_not_enabled`,
      `MFA ${action === 'enroll' ? 'enroll' : 'verification'} is disabled for ${FACTOR_NAMES[type]}`,
    ),
  tooManyFactors: () =>
    new AuthError(
      422,
      'too_many_enrolled_mfa_factors',
      'Maximum number of verified factors reached, unenroll to continue',
    ),
  factorNameTaken: (name: string) =>
    new AuthError(
      422,
      'mfa_factor_name_conflict',
      `A factor with the friendly name "${name}" for this user already exists`,
    ),
  phoneFactorExists: () =>
    new AuthError(
      422,
      'mfa_verified_factor_exists',
      'A verified phone factor already exists, unenroll the existing factor to continue',
    ),
  phoneCodeInvalid: () => new AuthError(422, 'mfa_verification_failed', 'Invalid MFA Phone code entered'),
  factorNotFound: () => new AuthError(404, 'mfa_factor_not_found', 'Factor not found'),
  factorTypeUnknown: () =>
    new AuthError(400, 'validation_failed', 'factor_type needs to be totp, phone, or webauthn'),
  challengeNotFound: () =>
    new AuthError(422, 'mfa_factor_not_found', 'MFA factor with the provided challenge ID not found'),
  challengeMismatch: () =>
    new AuthError(422, 'mfa_ip_address_mismatch', 'Challenge and verify IP addresses mismatch.'),
  challengeExpired: (id: string) =>
    new AuthError(
      422,
      'mfa_challenge_expired',
      `MFA challenge ${id} has expired, verify against another challenge or create a new challenge.`,
    ),
  totpInvalid: () => new AuthError(422, 'mfa_verification_failed', 'Invalid TOTP code entered'),

  recoveryCodesMissing: () =>
    new AuthError(404, 'mfa_factor_not_found', 'The user has not enrolled recovery codes'),
  recoveryCodesExist: () =>
    new AuthError(
      422,
      'mfa_verified_factor_exists',
      'Recovery codes are already enrolled for this user, use regenerate to rotate them',
    ),
  recoveryCodesAlone: (message: string) => new AuthError(422, 'mfa_recovery_codes_sole_factor', message),
  recoveryCodeInvalid: () => new AuthError(422, 'mfa_verification_failed', 'Invalid recovery code entered'),
  recoveryCodesLocked: () =>
    new AuthError(429, 'mfa_recovery_codes_locked', 'Too many failed verification attempts, try again later'),

  phoneNotConfirmed: () => new AuthError(400, 'phone_not_confirmed', 'Phone not confirmed'),
  phoneNotConfirmedYet: () => new AuthError(422, 'phone_not_confirmed', 'Please verify your phone first.'),
  smsFailed: (purpose: string) =>
    new AuthError(
      422,
      'sms_send_failed',
      `Error sending ${purpose} OTP to provider: nothing is sent here, and the number is not in [auth.sms.test_otp]`,
    ),
  smsTooSoon: (seconds: number) =>
    new AuthError(
      429,
      'over_sms_send_rate_limit',
      `For security purposes, you can only request this after ${seconds} seconds.`,
    ),

  manualLinkingDisabled: () => new AuthError(404, 'manual_linking_disabled', 'Manual linking is disabled'),
  identityNotFound: () => new AuthError(422, 'identity_not_found', "Identity doesn't exist"),
  lastIdentity: () =>
    new AuthError(422, 'single_identity_not_deletable', 'User must have at least 1 identity after unlinking'),
  emailConflictIdentity: () =>
    new AuthError(
      422,
      'email_conflict_identity_not_deletable',
      'Unable to unlink identity due to email conflict',
    ),
  samlDisabled: () => new AuthError(404, 'saml_provider_disabled', 'SAML 2.0 is disabled'),
  providerUnreachable: (cause: unknown) =>
    new AuthError(
      400,
      'validation_failed',
      `Unsupported provider: ${cause instanceof Error ? cause.message : String(cause)}`,
    ),
  providerNotEnabled: (provider: string) =>
    new AuthError(
      400,
      'validation_failed',
      PROVIDERS.some((known) => known === provider)
        ? 'Unsupported provider: provider is not enabled'
        : `Unsupported provider: Provider ${provider} could not be found`,
    ),
} as const;
