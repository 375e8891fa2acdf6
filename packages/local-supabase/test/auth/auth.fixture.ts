import type { Session, SupabaseClient } from '@supabase/supabase-js';
import { startAuth, type Harness } from './harness.ts';

/** Somebody who is signed in. */
export interface SignedIn {
  readonly client: SupabaseClient;
  readonly email: string;
  readonly session: Session;
}

export const PASSWORD = 'correct horse';

/** One auth part for the cases of a suite, and the people in it. */
export class AuthFixture {
  #auth: Harness | undefined;
  #people = 0;

  /** The auth part; to be asked for inside of cases only, as it is not started before. */
  get auth(): Harness {
    if (this.#auth === undefined) throw new Error('The auth part is not started.');
    return this.#auth;
  }

  async start(toml: string): Promise<void> {
    this.#auth = await startAuth(toml);
  }

  async stop(): Promise<void> {
    await this.#auth?.close();
  }

  readonly newEmail = (): string => `user${(this.#people += 1)}@example.com`;

  /** Signs up where nothing has to be confirmed. */
  readonly signUp = async (email = this.newEmail()): Promise<SignedIn> => {
    const client = this.auth.client();
    const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
    if (error !== null || data.session === null) throw error ?? new Error('no session');
    return { client, email, session: data.session };
  };

  /** Signs up and confirms. */
  readonly confirmed = async (): Promise<SignedIn> => {
    const email = this.newEmail();
    const client = this.auth.client();
    await client.auth.signUp({ email, password: PASSWORD });
    const token = (await this.auth.mails.last(email)).code;
    const { data, error } = await client.auth.verifyOtp({ email, token, type: 'signup' });
    if (error !== null || data.session === null) throw error ?? new Error('no session');
    return { client, email, session: data.session };
  };
}

/** What an address says after its `#`. */
export const fragmentOf = (location: string | null): URLSearchParams =>
  new URLSearchParams((location ?? '').split('#')[1] ?? '');
