import type { Credentials } from '../credentials/credentials.types.ts';
import type { TensorFiles } from '../tensors/tensor-files.types.ts';

/** Somebody who has signed up or in, and the tokens he got; none where his e-mail has to be confirmed first. */
export interface SignedUp {
  user: { id: string; email: string | null };
  credentials: Credentials | null;
}

export interface EmailAndPassword {
  email: string;
  password: string;
}

/** What there is to connect to: a Supanest API, or a Supabase without one. */
export interface Backend {
  readonly kind: 'supanest' | 'supabase';
  readonly url: string;
  readonly key: string;
  /** @throws AuthenticationError or ValidationError for what it does not take */
  signIn(who: EmailAndPassword): Promise<SignedUp>;
  /** @throws ValidationError when there is such a user, or the password is too short */
  signUp(who: EmailAndPassword): Promise<SignedUp>;
  /** @throws AuthenticationError when the refresh token is dead */
  refresh(refreshToken: string): Promise<Credentials>;
}

/** How the files of a signed-in user are reached at a backend. */
export type FilesOf = (userId: string) => TensorFiles;
