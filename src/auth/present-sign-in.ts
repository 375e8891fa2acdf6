import type { Representation } from '../platform/http/representation.js';
import type { SupabaseUser } from '../supabase/supabase.types.js';
import type { EnvelopedSignInDto, EnvelopedSignUpDto, SignInDto, SignUpDto } from './dto/sign-in.dto.js';
import type {
  EnvelopedAuthUserDto,
  EnvelopedAuthUserWithDataDto,
  AuthUserDto,
  AuthUserWithDataDto,
} from './dto/user.dto.js';
import type { SignedIn, SignedUp } from './sessions/sign-in.types.js';

/** The one place where the two representations of users and sign-ins differ. */

/** A user as the given representation shows them. */
export function presentUser(
  user: SupabaseUser,
  representation: Representation,
): AuthUserDto | EnvelopedAuthUserDto {
  return representation === 'plain' ? plainUser(user) : envelopedUser(user);
}

function plainUser(user: SupabaseUser): AuthUserDto {
  return {
    id: user.id,
    email: emailOf(user),
    created_at: user.created_at,
    email_confirmed_at: user.email_confirmed_at ?? null,
    last_sign_in_at: user.last_sign_in_at ?? null,
  };
}

/** A user as `/auth/me` shows them, whichever representation was asked for. */
export function envelopedUser(user: SupabaseUser): EnvelopedAuthUserDto {
  return {
    id: user.id,
    email: emailOf(user),
    created_at: user.created_at,
    email_confirmed: Boolean(user.email_confirmed_at),
    last_sign_in: user.last_sign_in_at ?? null,
  };
}

export function presentUserWithData(
  user: SupabaseUser,
  representation: Representation,
): AuthUserWithDataDto | EnvelopedAuthUserWithDataDto {
  const user_metadata = user.user_metadata;
  return representation === 'plain'
    ? Object.assign(plainUser(user), { user_metadata })
    : Object.assign(envelopedUser(user), { user_metadata });
}

export function presentSignIn(
  signedIn: SignedIn,
  representation: Representation,
): SignInDto | EnvelopedSignInDto {
  return {
    access_token: signedIn.accessToken,
    token_type: 'bearer',
    expires_in: signedIn.expiresIn,
    refresh_token: signedIn.refreshToken,
    user: presentUser(signedIn.user, representation),
  } as SignInDto | EnvelopedSignInDto;
}

/** A sign-up that waits for its confirmation has no tokens: null, or empty in the enveloped representation. */
export function presentSignUp(
  signedUp: SignedUp,
  representation: Representation,
): SignUpDto | EnvelopedSignUpDto {
  if (signedUp.accessToken !== null) return presentSignIn(signedUp, representation);
  const none = representation === 'plain' ? null : '';
  return {
    access_token: none,
    token_type: 'bearer',
    expires_in: 0,
    refresh_token: none,
    user: presentUser(signedUp.user, representation),
  } as SignUpDto | EnvelopedSignUpDto;
}

/** Supabase shows anonymous users with an empty e-mail. */
export const emailOf = ({ email }: SupabaseUser): string | null =>
  email === undefined || email === '' ? null : email;
