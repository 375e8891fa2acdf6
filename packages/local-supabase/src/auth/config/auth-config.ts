import type { ConfigTree } from '../../context.ts';
import { ConfigSection } from './config-section.ts';
import { readMfaConfig, type MfaConfig } from './mfa-config.ts';
import { readPasskeyConfig, type PasskeyConfig } from './passkey-config.ts';
import { readPhoneConfig, type PhoneConfig } from './phone-config.ts';
import { characterSets } from './password-requirements.ts';
import { readExternalConfig, type ExternalProviderConfig } from './external-config.ts';
import { parseSamlKey } from '../sso/saml-key.ts';
import type { SamlSettings } from '../sso/saml-service-provider.ts';
import { readCaptchaConfig, type CaptchaConfig } from '../captcha/captcha-config.ts';
import { readHookConfig, type HookConfig } from '../hooks/hook-config.ts';
import { readNotifications, type NotificationTemplates } from './notification-templates.ts';
import { readTemplates, type MailTemplates } from './templates.ts';
import { readWeb3Config, type Web3Config } from './web3-config.ts';

/** `[auth]` of `config.toml` with the Supabase CLI's defaults. Durations are milliseconds unless named otherwise. */
export interface AuthConfig {
  /** This service from outside: `http://127.0.0.1:54321/auth/v1`. Links in mails start with it. */
  readonly externalUrl: string;
  /** The `iss` claim. */
  readonly issuer: string;
  /** Where links lead when nothing else was asked for. */
  readonly siteUrl: string;
  /** Globs of further allowed redirects. */
  readonly redirectUrls: readonly string[];
  /** Lifetime of an access token, seconds. */
  readonly jwtExpiry: number;
  readonly enableSignup: boolean;
  readonly enableAnonymousSignIns: boolean;
  readonly enableManualLinking: boolean;
  readonly password: {
    readonly minimumLength: number;
    /** At least one character of each set. */
    readonly requiredCharacters: readonly string[];
    /** bcrypt's: 2 to the power of this many rounds. */
    readonly hashCost: number;
  };
  readonly refreshTokens: {
    readonly rotation: boolean;
    readonly reuseInterval: number;
  };
  readonly email: {
    readonly enabled: boolean;
    /** No confirmation is asked for. */
    readonly autoconfirm: boolean;
    readonly doubleConfirmChanges: boolean;
    readonly securePasswordChange: boolean;
    readonly requireCurrentPassword: boolean;
    /** Shortest time between two mails of one kind to one user. */
    readonly maxFrequency: number;
    readonly otpLength: number;
    readonly otpExpiry: number;
    readonly templates: MailTemplates;
    /** Mails that tell of changes. */
    readonly notifications: NotificationTemplates;
  };
  readonly phone: PhoneConfig;
  readonly sessions: {
    /** 0: unlimited. */
    readonly timebox: number;
    readonly inactivityTimeout: number;
  };
  readonly mfa: MfaConfig;
  readonly web3: Web3Config;
  /** Applications may be registered to sign users in with this project. */
  readonly oauthServer: {
    readonly enabled: boolean;
    /** The project's page that asks the user, below the site. */
    readonly authorizationPath: string;
    /** Applications may register themselves. */
    readonly dynamicRegistration: boolean;
  };
  readonly saml: SamlSettings;
  readonly passkeys: PasskeyConfig;
  readonly rateLimits: RateLimits;
  readonly hooks: HookConfig;
  /** Undefined: nobody is asked to solve one. */
  readonly captcha: CaptchaConfig | undefined;
  /** The enabled external providers by name. */
  readonly providers: ReadonlyMap<string, ExternalProviderConfig>;
}

/** How often, from `[auth.rate_limit]`. Those for each address count in 5 minutes, anonymous users in an hour. */
export interface RateLimits {
  readonly signInSignUps: number;
  readonly tokenRefresh: number;
  readonly tokenVerifications: number;
  readonly anonymousUsers: number;
  readonly web3: number;
  /** Mails an hour over all users. As with the CLI it only counts where SMTP is set up. */
  readonly emailSent: number;
}

/** Reads `[auth]`; throws with the name of a setting that makes no sense. */
export function readAuthConfig(config: ConfigTree, url: string, workdir: string): AuthConfig {
  const auth = new ConfigSection(config, '').section('auth');
  const email = auth.section('email');
  const sms = auth.section('sms');
  const sessions = auth.section('sessions');
  const externalUrl = `${url}/auth/v1`;
  const oauthServer = auth.section('oauth_server');
  const hooks = readHookConfig(auth.section('hook'));
  return {
    externalUrl,
    issuer: auth.string('jwt_issuer', '') || externalUrl,
    siteUrl: auth.string('site_url', 'http://127.0.0.1:3000'),
    redirectUrls: auth.strings('additional_redirect_urls'),
    jwtExpiry: auth.number('jwt_expiry', 3600),
    enableSignup: auth.boolean('enable_signup', true),
    enableAnonymousSignIns: auth.boolean('enable_anonymous_sign_ins', false),
    enableManualLinking: auth.boolean('enable_manual_linking', false),
    password: {
      minimumLength: auth.number('minimum_password_length', 6),
      requiredCharacters: characterSets(auth.string('password_requirements', '')),
      hashCost: Math.min(14, Math.max(4, auth.number('password_hash_cost', 10))),
    },
    refreshTokens: {
      rotation: auth.boolean('enable_refresh_token_rotation', true),
      reuseInterval: auth.number('refresh_token_reuse_interval', 10) * 1000,
    },
    email: {
      enabled: email.boolean('enable_signup', true),
      autoconfirm: !email.boolean('enable_confirmations', false),
      doubleConfirmChanges: email.boolean('double_confirm_changes', true),
      securePasswordChange: email.boolean('secure_password_change', false),
      requireCurrentPassword: email.boolean('require_current_password', false),
      maxFrequency: email.duration('max_frequency', '1s'),
      otpLength: Math.min(10, Math.max(6, email.number('otp_length', 6))),
      otpExpiry: email.number('otp_expiry', 3600) * 1000,
      templates: readTemplates(email.section('template'), workdir),
      notifications: readNotifications(email.section('notification'), workdir),
    },
    phone: readPhoneConfig(sms, hooks.has('send_sms')),
    sessions: {
      timebox: sessions.duration('timebox', '0s'),
      inactivityTimeout: sessions.duration('inactivity_timeout', '0s'),
    },
    mfa: readMfaConfig(auth.section('mfa')),
    web3: readWeb3Config(auth.section('web3')),
    passkeys: readPasskeyConfig(auth),
    saml: readSaml(auth.section('saml')),
    oauthServer: {
      enabled: oauthServer.boolean('enabled', false),
      authorizationPath: oauthServer.string('authorization_url_path', '/oauth/consent'),
      dynamicRegistration: oauthServer.boolean('allow_dynamic_registration', false),
    },
    hooks,
    captcha: readCaptchaConfig(auth.section('captcha')),
    rateLimits: readRateLimits(auth),
    providers: readExternalConfig(auth.section('external'), externalUrl),
  };
}

function readSaml(saml: ConfigSection): SamlSettings {
  const settings = {
    enabled: saml.boolean('enabled', false),
    privateKey: saml.string('private_key', ''),
    allowEncryptedAssertions: saml.boolean('allow_encrypted_assertions', false),
  };
  if (settings.enabled && parseSamlKey(settings.privateKey) === undefined) {
    throw new Error(
      'config.toml: [auth.saml] private_key must be an RSA key of at least 2048 bits, as PEM or base64 DER.',
    );
  }
  return settings;
}

function readRateLimits(auth: ConfigSection): RateLimits {
  const limits = auth.section('rate_limit');
  const smtp = auth.section('email').section('smtp');
  return {
    signInSignUps: limits.number('sign_in_sign_ups', 30),
    tokenRefresh: limits.number('token_refresh', 150),
    tokenVerifications: limits.number('token_verifications', 30),
    anonymousUsers: limits.number('anonymous_users', 30),
    web3: limits.number('web3', 30),
    emailSent: smtp.boolean('enabled', false) ? limits.number('email_sent', 2) : 360_000,
  };
}
