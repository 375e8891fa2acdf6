import { Module } from '@nestjs/common';
import { SupabaseModule } from '../supabase/supabase.module.js';
import { AccessGuard } from './access.guard.js';
import { AccountController } from './account.controller.js';
import { credentialsStoreProvider } from './credentials/configured-credentials.store.js';
import { CurrentUser } from './current-user.service.js';
import { FactorsController } from './factors/factors.controller.js';
import { Factors } from './factors/factors.service.js';
import { FlowController } from './flows/flow.controller.js';
import { IdentitiesController } from './flows/identities.controller.js';
import { SignInFlows } from './flows/sign-in-flow.service.js';
import { SignInFlowsRepository } from './flows/sign-in-flows.repository.js';
import { OtpController } from './otp.controller.js';
import { PasswordController } from './password.controller.js';
import { Passwords } from './password.service.js';
import { RedirectUrls } from './redirect-urls.js';
import { RolesGuard } from './roles.guard.js';
import { SessionController } from './session.controller.js';
import { RefreshFamilies } from './sessions/refresh-families.repository.js';
import { SessionsRepository } from './sessions/sessions.repository.js';
import { SignOut } from './sessions/sign-out.service.js';
import { SupabaseSession } from './sessions/supabase-session.service.js';
import { TokenIssuer } from './sessions/token-issuer.service.js';
import { SignInController } from './sign-in.controller.js';
import { SignIn } from './sign-in.service.js';
import { TokenController } from './token.controller.js';
import { TokenGrant } from './token-grant.service.js';
import { ApiTokens } from './tokens/api-token.service.js';
import { TokenCache } from './tokens/token-cache.service.js';
import { TokenVerifier } from './tokens/token-verifier.service.js';

/** Who somebody is: tokens, sessions, signing in and out. */
@Module({
  imports: [SupabaseModule],
  controllers: [
    SignInController,
    SessionController,
    PasswordController,
    OtpController,
    FlowController,
    IdentitiesController,
    FactorsController,
    TokenController,
    AccountController,
  ],
  providers: [
    AccessGuard,
    RolesGuard,
    TokenCache,
    TokenVerifier,
    ApiTokens,
    credentialsStoreProvider,
    RefreshFamilies,
    SessionsRepository,
    SupabaseSession,
    SignOut,
    TokenIssuer,
    SignIn,
    SignInFlowsRepository,
    SignInFlows,
    Factors,
    TokenGrant,
    Passwords,
    CurrentUser,
    RedirectUrls,
  ],
  exports: [AccessGuard, RolesGuard, SupabaseSession],
})
export class AuthModule {}
