import type { Context, KeyRing } from '../context.ts';
import { withAftermath } from './database/aftermath.ts';
import { AuthHooks } from './hooks/auth-hooks.ts';
import { CaptchaService } from './captcha/captcha.service.ts';
import { CustomProvidersService } from './custom-providers/custom-providers.service.ts';
import { HookRunner } from './hooks/hook-runner.ts';
import { NewUsers } from './signup/new-users.ts';
import { AdminCreateService } from './admin/admin-create.service.ts';
import { AdminFactorService } from './admin/admin-factor.service.ts';
import { AdminDeleteService } from './admin/admin-delete.service.ts';
import { AdminUpdateService } from './admin/admin-update.service.ts';
import { GenerateLinkService } from './admin/generate-link.service.ts';
import { InviteService } from './admin/invite.service.ts';
import { CleanupService } from './cleanup/cleanup.service.ts';
import { readAuthConfig, type AuthConfig } from './config/auth-config.ts';
import { ExternalAccountService } from './external/external-account.service.ts';
import { ExternalFlowService } from './external/external-flow.service.ts';
import { ProviderDirectory } from './external/provider-directory.ts';
import { IdTokenGrantService } from './external/id-token-grant.service.ts';
import { IdentityLinkService } from './external/identity-link.service.ts';
import { IssuerDirectory } from './external/oidc/issuer-directory.ts';
import { RequestReader } from './http/request-reader.ts';
import { RateLimits } from './limits/rate-limits.ts';
import { NotificationService } from './mail/notification.service.ts';
import { OneTimeMailService } from './mail/one-time-mail.service.ts';
import { ChallengeService } from './mfa/challenge.service.ts';
import { EnrollmentService } from './mfa/enrollment.service.ts';
import { RecoveryCodeCheckService } from './mfa/recovery-code-check.service.ts';
import { RecoveryCodesService } from './mfa/recovery-codes.service.ts';
import { SecurityKeyService } from './mfa/security-key.service.ts';
import { SessionRaiser } from './mfa/session-raiser.ts';
import { OAuthClientsService } from './oauth-clients/oauth-clients.service.ts';
import { PasskeyService } from './passkeys/passkey.service.ts';
import { PhoneCodeService } from './phone/phone-code.service.ts';
import { PhoneOtpService } from './phone/phone-otp.service.ts';
import { PhoneSignupService } from './phone/phone-signup.service.ts';
import { LogoutService } from './sessions/logout.service.ts';
import { PasswordGrantService } from './sessions/password-grant.service.ts';
import { PkceGrantService } from './sessions/pkce-grant.service.ts';
import { RefreshService } from './sessions/refresh.service.ts';
import { SessionIssuer } from './sessions/session-issuer.ts';
import { SamlServiceProvider } from './sso/saml-service-provider.ts';
import { SsoAdminService } from './sso/sso-admin.service.ts';
import { SsoFlowService } from './sso/sso-flow.service.ts';
import { AnonymousService } from './signup/anonymous.service.ts';
import { SignupService } from './signup/signup.service.ts';
import { AuthorizationService } from './oauth-server/authorization.service.ts';
import { GrantsService } from './oauth-server/grants.service.ts';
import { OAuthTokenService } from './oauth-server/oauth-token.service.ts';
import { PasswordChangePolicy } from './users/password-change.policy.ts';
import { UnlinkService } from './users/unlink.service.ts';
import { UserUpdateService } from './users/user-update.service.ts';
import { MailRequestService } from './verification/mail-request.service.ts';
import { ResendService } from './verification/resend.service.ts';
import { VerifyService } from './verification/verify.service.ts';
import { Web3GrantService } from './web3/web3-grant.service.ts';

/** Everything the routes call. One set for each local Supabase: nothing here is global. */
export interface AuthServices {
  readonly config: AuthConfig;
  readonly keys: KeyRing;
  readonly database: Context['database'];
  readonly limits: RateLimits;
  readonly requests: RequestReader;
  readonly captcha: CaptchaService;
  readonly signup: SignupService;
  readonly phoneSignup: PhoneSignupService;
  readonly phoneOtp: PhoneOtpService;
  readonly anonymous: AnonymousService;
  readonly passwordGrant: PasswordGrantService;
  readonly refreshGrant: RefreshService;
  readonly pkceGrant: PkceGrantService;
  readonly logout: LogoutService;
  readonly userUpdate: UserUpdateService;
  readonly unlinking: UnlinkService;
  readonly externalFlow: ExternalFlowService;
  readonly idTokenGrant: IdTokenGrantService;
  readonly web3Grant: Web3GrantService;
  readonly mailRequests: MailRequestService;
  readonly resending: ResendService;
  readonly verification: VerifyService;
  readonly enrollment: EnrollmentService;
  readonly challenges: ChallengeService;
  readonly securityKeys: SecurityKeyService;
  readonly recoveryCodes: RecoveryCodesService;
  readonly recoveryCodeChecks: RecoveryCodeCheckService;
  readonly adminFactors: AdminFactorService;
  readonly adminCreate: AdminCreateService;
  readonly adminUpdate: AdminUpdateService;
  readonly adminDelete: AdminDeleteService;
  readonly invites: InviteService;
  readonly links: GenerateLinkService;
  readonly oauthClients: OAuthClientsService;
  readonly customProviders: CustomProvidersService;
  readonly authorizations: AuthorizationService;
  readonly oauthTokens: OAuthTokenService;
  readonly grants: GrantsService;
  readonly cleanup: CleanupService;
  readonly passkeys: PasskeyService;
  readonly saml: SamlServiceProvider;
  readonly ssoFlow: SsoFlowService;
  readonly ssoAdmin: SsoAdminService;
}

/** Wires the services of one local Supabase. Throws when its `[auth]` configuration makes no sense. */
export function createAuthServices(context: Context): AuthServices {
  const { keys } = context;
  const database = withAftermath(context.database);
  const config = readAuthConfig(context.config, context.url, context.workdir);
  const limits = new RateLimits(config.rateLimits, keys);
  const hooks = new AuthHooks(new HookRunner(config.hooks, database), config.externalUrl);
  const newUsers = new NewUsers(hooks);
  const issuer = new SessionIssuer(config, keys, hooks);
  const raiser = new SessionRaiser(issuer);
  const mail = new OneTimeMailService(config, context.mailer, limits, hooks);
  const notifications = new NotificationService(config, context.mailer, limits, hooks);
  const signup = new SignupService(config, database, issuer, mail, newUsers);
  const phoneCodes = new PhoneCodeService(config.phone, hooks);
  const phoneSignup = new PhoneSignupService(config, database, issuer, phoneCodes, newUsers);
  const passwordPolicy = new PasswordChangePolicy(config, database);
  const issuers = new IssuerDirectory();
  const providers = new ProviderDirectory(config, issuers, database);
  const accounts = new ExternalAccountService(config, mail, newUsers);
  const links = new IdentityLinkService(mail, notifications);
  const refresh = new RefreshService(config, database, issuer);
  const saml = new SamlServiceProvider(config.saml, config.externalUrl);
  return {
    config,
    keys,
    database,
    limits,
    requests: new RequestReader(config, database, keys),
    captcha: new CaptchaService(config.captcha),
    signup,
    phoneSignup,
    phoneOtp: new PhoneOtpService(config, database, issuer, phoneCodes, phoneSignup, notifications),
    anonymous: new AnonymousService(config, database, issuer, newUsers),
    passwordGrant: new PasswordGrantService(config, database, issuer, hooks),
    refreshGrant: refresh,
    pkceGrant: new PkceGrantService(database, issuer),
    logout: new LogoutService(database),
    userUpdate: new UserUpdateService(config, database, mail, passwordPolicy, phoneCodes, notifications),
    unlinking: new UnlinkService(config, database, notifications),
    idTokenGrant: new IdTokenGrantService({
      database,
      issuer,
      mail,
      providers,
      issuers,
      accounts,
      links,
    }),
    web3Grant: new Web3GrantService(config.web3, database, issuer, accounts),
    externalFlow: new ExternalFlowService({
      database,
      issuer,
      mail,
      providers,
      accounts,
      links,
    }),
    mailRequests: new MailRequestService(config, database, mail, signup, phoneCodes),
    resending: new ResendService(config, database, mail, phoneCodes),
    verification: new VerifyService(config, database, issuer, notifications),
    enrollment: new EnrollmentService(config, database, notifications),
    challenges: new ChallengeService({ config, database, raiser, limits, hooks, phoneCodes, notifications }),
    securityKeys: new SecurityKeyService(config, database, raiser, notifications),
    recoveryCodes: new RecoveryCodesService(config.mfa, database, notifications),
    recoveryCodeChecks: new RecoveryCodeCheckService(config.mfa.recoveryCodes, database, hooks, raiser),
    adminFactors: new AdminFactorService(database),
    adminCreate: new AdminCreateService(config, database),
    adminUpdate: new AdminUpdateService(config, database),
    adminDelete: new AdminDeleteService(database),
    invites: new InviteService(database, mail, newUsers),
    links: new GenerateLinkService(config, database, mail, newUsers),
    cleanup: new CleanupService(config, database),
    passkeys: new PasskeyService(config, database, issuer),
    saml,
    ssoFlow: new SsoFlowService(database, issuer, mail, accounts, saml),
    ssoAdmin: new SsoAdminService(database),
    oauthClients: new OAuthClientsService(database),
    customProviders: new CustomProvidersService(database),
    authorizations: new AuthorizationService(config, database),
    oauthTokens: new OAuthTokenService({ config, database, keys, issuer, refresh }),
    grants: new GrantsService(database),
  };
}
