import { homedir } from 'node:os';
import { join } from 'node:path';
import { ApiError, AuthenticationError } from '../client/errors.ts';
import type { Credentials, CredentialsManager } from '../credentials/credentials.types.ts';
import { JsonCredentialsManager } from '../credentials/json.manager.ts';
import { subjectOf } from '../credentials/token-claims.ts';
import type { TensorStore } from '../tensors/tensor-store.ts';
import type { Backend, EmailAndPassword } from './backend.types.ts';
import { MissingSettingsError, NotSignedInError, WrongCredentialsError } from './connection.errors.ts';
import { ENV_FILE, writeEnvFile } from './env-file.ts';
import { findBackend } from './find-backend.ts';
import { backendOf, credentialsOf, findSettings, type Places } from './settings.ts';
import { tensorsOf } from './tensors-of.ts';

export interface ConnectionOptions extends Places {
  /** Where sessions are remembered; `~/.supanest/credentials.json` unless set. */
  credentials?: CredentialsManager;
}

/** Where `linkTo` writes: into the folder it works in, or at the user's home for all folders. */
export interface LinkOptions extends ConnectionOptions {
  scope?: 'folder' | 'home';
}

/** Who has signed up. Without tokens he is not signed in yet: his e-mail has to be confirmed first. */
export interface AuthAnswer {
  user: { id: string; email: string | null };
  accessToken: string | null;
  refreshToken: string | null;
}

/**
 * Checks that a backend answers and takes the key, and remembers both in `.supabase.env`; never a password.
 * @throws ConnectionError: its subclass says what is wrong, its message what to do
 */
export async function linkTo(url: string, key: string): Promise<true>;
/** The same, and signs in. */
export async function linkTo(
  url: string,
  key: string,
  who: EmailAndPassword,
  options?: LinkOptions,
): Promise<TensorStore>;
export async function linkTo(
  url: string,
  key: string,
  who?: EmailAndPassword,
  options?: LinkOptions,
): Promise<true | TensorStore>;
export async function linkTo(
  url: string,
  key: string,
  who?: EmailAndPassword,
  options: LinkOptions = {},
): Promise<true | TensorStore> {
  // Nothing is looked up here: to link is to say which.
  const missing = [...(url ? [] : ['SUPABASE_URL']), ...(key ? [] : ['SUPABASE_KEY'])];
  if (missing.length > 0) throw new MissingSettingsError(missing);
  const wanted = backendOf({ url, key });
  const backend = await findBackend(wanted.url, wanted.key);
  const store = who ? await signInAt(backend, who, options) : true;
  await writeEnvFile(fileOf(options), { SUPABASE_URL: backend.url, SUPABASE_KEY: backend.key });
  return store;
}

/**
 * Signs in, and answers the tensor store of the user. What is not given is taken from `.supabase.env`, then from the
 * environment.
 * @throws ConnectionError: its subclass says what is missing or wrong, its message what to do
 */
export async function login(
  email?: string,
  password?: string,
  backendUrl?: string,
  backendKey?: string,
  options: ConnectionOptions = {},
): Promise<TensorStore> {
  const settings = await findSettings({ email, password, url: backendUrl, key: backendKey }, options);
  const { url, key } = backendOf(settings);
  const who = credentialsOf(settings);
  return signInAt(await findBackend(url, key), who, options);
}

/**
 * Signs up. Where the backend does not wait for a confirmation of the e-mail, the session is remembered as by `login`.
 * @throws ConnectionError as `login`; ApiError for what the backend refuses: a user who is there, a short password
 */
export async function signup(
  email?: string,
  password?: string,
  backendUrl?: string,
  backendKey?: string,
  options: ConnectionOptions = {},
): Promise<AuthAnswer> {
  const settings = await findSettings({ email, password, url: backendUrl, key: backendKey }, options);
  const { url, key } = backendOf(settings);
  const who = credentialsOf(settings);
  const { user, credentials } = await (await findBackend(url, key)).signUp(who);
  if (credentials) await managerOf(options).set(sessionId(url, who.email), credentials);
  return {
    user,
    accessToken: credentials?.accessToken ?? null,
    refreshToken: credentials?.refreshToken ?? null,
  };
}

/**
 * The tensor store of somebody whose session is remembered: no password is needed.
 * @throws NotSignedInError when it is not, or is over; otherwise as `login`
 */
export async function resume(email?: string, options: ConnectionOptions = {}): Promise<TensorStore> {
  const settings = await findSettings({ email }, options);
  const { url, key } = backendOf(settings);
  const id = sessionId(url, settings.email ?? '');
  const kept = await managerOf(options).get(id);
  const userId = kept ? subjectOf(kept.accessToken) : undefined;
  if (userId === undefined) throw new NotSignedInError();
  return tensorsOf(await findBackend(url, key), userId, managerOf(options), id);
}

/** What a session is remembered under. */
export const sessionId = (url: string, email: string): string => `${email.toLowerCase()} at ${url}`;

export const managerOf = ({ credentials }: ConnectionOptions): CredentialsManager =>
  credentials ?? new JsonCredentialsManager();

async function signInAt(
  backend: Backend,
  who: EmailAndPassword,
  options: ConnectionOptions,
): Promise<TensorStore> {
  const { user, credentials } = await signIn(backend, who);
  const id = sessionId(backend.url, who.email);
  const manager = managerOf(options);
  await manager.set(id, credentials);
  return tensorsOf(backend, user.id, manager, id);
}

async function signIn(
  backend: Backend,
  who: EmailAndPassword,
): Promise<{ user: { id: string }; credentials: Credentials }> {
  try {
    const { user, credentials } = await backend.signIn(who);
    if (!credentials) throw new TypeError('The backend answered without tokens');
    return { user, credentials };
  } catch (error) {
    const isRefused =
      error instanceof AuthenticationError || (error instanceof ApiError && error.status === 400);
    throw isRefused ? new WrongCredentialsError(who.email, error) : error;
  }
}

const fileOf = ({ scope = 'folder', cwd = process.cwd(), home = homedir() }: LinkOptions): string =>
  join(scope === 'home' ? home : cwd, ENV_FILE);
