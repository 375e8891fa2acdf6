import { SupanestError } from '../client/errors.ts';

/** Something about the connection has to be set right before anything works; the message says what. */
export class ConnectionError extends SupanestError {
  override name = 'ConnectionError';
}

/** A URL or key is neither given, nor in `.supabase.env`, nor in the environment. */
export class MissingSettingsError extends ConnectionError {
  override name = 'MissingSettingsError';
  /** The variables that would do. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(
      `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set. Give ${missing.length === 1 ? 'it' : 'them'} as ` +
        'an argument, call linkTo(url, key) or run `supanest link` once, or set the variable in .supabase.env or the ' +
        'environment.',
    );
    this.missing = missing;
  }
}

/** An e-mail or password is missing. */
export class MissingCredentialsError extends ConnectionError {
  override name = 'MissingCredentialsError';
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(
      `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set. Give e-mail and password as arguments, or ` +
        'set USER_EMAIL and USER_PASSWORD in .supabase.env or the environment.',
    );
    this.missing = missing;
  }
}

/** What was given as URL is none. */
export class InvalidUrlError extends ConnectionError {
  override name = 'InvalidUrlError';

  constructor(url: string) {
    super(`${url} is not a URL. It should look like https://api.example.com or https://abc.supabase.co.`);
  }
}

/** Nobody answers there, or somebody who is neither a Supanest API nor a Supabase. */
export class BackendUnreachableError extends ConnectionError {
  override name = 'BackendUnreachableError';

  constructor(url: string, cause: unknown) {
    super(`There is no Supanest API and no Supabase at ${url}. Check the URL, and that it is running.`, {
      cause,
    });
  }
}

/** The backend is there, and does not know the key. */
export class WrongKeyError extends ConnectionError {
  override name = 'WrongKeyError';

  constructor(url: string) {
    super(`${url} does not take this key. Use the publishable (or legacy anon) key of its Supabase project.`);
  }
}

/** The backend does not know this e-mail with this password. */
export class WrongCredentialsError extends ConnectionError {
  override name = 'WrongCredentialsError';

  constructor(email: string, cause: unknown) {
    super(`The backend does not know ${email} with this password. Check both, or sign up first.`, { cause });
  }
}

/** Nobody is signed in, and there is no password to sign in with. */
export class NotSignedInError extends ConnectionError {
  override name = 'NotSignedInError';

  constructor() {
    super('Nobody is signed in. Call login(email, password), or run `supanest login`.');
  }
}
