import { homedir } from 'node:os';
import { join } from 'node:path';
import { baseUrlOf } from '../client/address.ts';
import { InvalidUrlError, MissingCredentialsError, MissingSettingsError } from './connection.errors.ts';
import { ENV_FILE, readEnvFile } from './env-file.ts';

/** What was given as arguments; anything else is looked up. */
export interface Given {
  url?: string | undefined;
  key?: string | undefined;
  email?: string | undefined;
  password?: string | undefined;
}

/** Where it is looked up. */
export interface Places {
  /** The folder of the nearer `.supabase.env`; the working directory unless set. */
  cwd?: string;
  /** The folder of the farther one; the user's home unless set. */
  home?: string;
  environment?: Readonly<Record<string, string | undefined>>;
}

/** All that is known, from whichever place it was. */
export type Settings = Readonly<Given>;

/** Argument, `.supabase.env` in the working directory, the one at home, environment: the first that is set counts. */
export async function findSettings(given: Given, places: Places): Promise<Settings> {
  const { cwd = process.cwd(), home = homedir(), environment = environmentOfProcess() } = places;
  const sources = [
    await readEnvFile(join(cwd, ENV_FILE)),
    await readEnvFile(join(home, ENV_FILE)),
    environment,
  ];
  const find = (argument: string | undefined, name: string): string | undefined =>
    [argument, ...sources.map((source) => source[name])].find((value) => value !== undefined && value !== '');
  return {
    url: find(given.url, 'SUPABASE_URL'),
    key: find(given.key, 'SUPABASE_KEY'),
    email: find(given.email, 'USER_EMAIL'),
    password: find(given.password, 'USER_PASSWORD'),
  };
}

/**
 * The backend of the settings.
 * @throws MissingSettingsError; InvalidUrlError
 */
export function backendOf({ url, key }: Settings): { url: string; key: string } {
  const missing = [
    ...(url === undefined ? ['SUPABASE_URL'] : []),
    ...(key === undefined ? ['SUPABASE_KEY'] : []),
  ];
  if (url === undefined || key === undefined) throw new MissingSettingsError(missing);
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw new InvalidUrlError(url);
  return { url: baseUrlOf(url), key };
}

/** @throws MissingCredentialsError */
export function credentialsOf({ email, password }: Settings): { email: string; password: string } {
  const missing = [
    ...(email === undefined ? ['USER_EMAIL'] : []),
    ...(password === undefined ? ['USER_PASSWORD'] : []),
  ];
  if (email === undefined || password === undefined) throw new MissingCredentialsError(missing);
  return { email, password };
}

// The one place of the package where the environment is read.
// eslint-disable-next-line no-restricted-syntax -- see above
const environmentOfProcess = (): Readonly<Record<string, string | undefined>> => process.env;
