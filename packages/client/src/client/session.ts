import type { Credentials } from '../credentials/credentials.types.ts';
import type { SessionListener, SignedInSession } from '../credentials/signed-in-session.ts';
import type { Output } from './client.types.ts';
import { AuthenticationError } from './errors.ts';
import type { HttpClient } from './operations.ts';

/** Who has signed in. */
export type User = Output<'logIn'>['user'];

export interface EmailAndPassword {
  email: string;
  password: string;
}

/** An answer with tokens, however they were come by: a one-time password, an ID token, OAuth. */
export interface SignInAnswer {
  access_token: string | null;
  refresh_token: string | null;
}

/** Signing in and out, with the credentials remembered. */
export class ClientSession {
  private readonly remembered: SignedInSession;
  private readonly http: HttpClient;

  constructor(remembered: SignedInSession, http: HttpClient) {
    this.remembered = remembered;
    this.http = http;
  }

  /** @throws AuthenticationError for a wrong e-mail or password */
  async signIn(body: EmailAndPassword): Promise<User> {
    const { data } = await this.http.POST('/api/auth/login', { body });
    return this.take(data);
  }

  /**
   * Signs up, and in at the same time; where the e-mail has to be confirmed first, nobody is signed in yet.
   * @throws ValidationError when there is such a user already, or the password is too short
   */
  async signUp(body: EmailAndPassword): Promise<{ user: User; isSignedIn: boolean }> {
    const { data } = await this.http.POST('/api/auth/signup', { body });
    const user = await this.take(data);
    return { user, isSignedIn: data?.access_token != null };
  }

  async signInAnonymously(): Promise<User> {
    const { data } = await this.http.POST('/api/auth/anonymous');
    return this.take(data);
  }

  /** Remembers an answer with tokens, such as that of `verifyOtp`. One without tokens changes nothing. */
  async keep({ access_token, refresh_token }: SignInAnswer): Promise<void> {
    if (access_token && refresh_token) {
      await this.remembered.keep({ accessToken: access_token, refreshToken: refresh_token });
    }
  }

  /** Signs out and forgets, also when the session was over already. `others` leaves this one signed in. */
  async signOut(scope: 'local' | 'global' | 'others' = 'local'): Promise<void> {
    try {
      if (await this.remembered.credentials()) {
        await this.http.POST('/api/auth/logout', { params: { query: { scope } } });
      }
    } catch (error) {
      // Over already is as good as signed out.
      if (scope === 'others' || !(error instanceof AuthenticationError)) throw error;
    } finally {
      if (scope !== 'others') await this.remembered.forget();
    }
  }

  /** The tokens as they are kept; null when nobody is signed in. */
  credentials(): Promise<Credentials | null> {
    return this.remembered.credentials();
  }

  /** A token that is good now, renewed if need be; undefined when nobody is signed in. */
  accessToken(): Promise<string | undefined> {
    return this.remembered.accessToken();
  }

  /** Calls the listener whenever somebody signs in or out, or the tokens are new. What is answered ends it. */
  onChange(listener: SessionListener): () => void {
    return this.remembered.onChange(listener);
  }

  private async take(answer: (SignInAnswer & { user: User }) | undefined): Promise<User> {
    if (!answer) throw new TypeError('The server answered without a body');
    await this.keep(answer);
    return answer.user;
  }
}
