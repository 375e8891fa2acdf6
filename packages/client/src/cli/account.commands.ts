import { join } from 'node:path';
import type { Command } from 'commander';
import { linkTo, login, signup } from '../connection/connection.ts';
import { ENV_FILE, writeEnvFile } from '../connection/env-file.ts';
import { MissingCredentialsError } from '../connection/connection.errors.ts';
import { backendOf, findSettings } from '../connection/settings.ts';
import { askPassword } from './ask-password.ts';
import type { GlobalOptions, Shell } from './cli.types.ts';
import { currentSession, optionsOf } from './current-session.ts';
import { Printer } from './printer.ts';

/** link, signup, login, logout, whoami. */
export function addAccountCommands(program: Command, shell: Shell): void {
  const globals = (): GlobalOptions => program.opts<GlobalOptions>();

  program
    .command('link <url> <key>')
    .description('check a backend and its key, and remember both')
    .addHelpText('after', '\nExample:\n  $ supanest link http://127.0.0.1:3000 sb_publishable_…')
    .action(async (url: string, key: string) => {
      await linkTo(url, key, undefined, optionsOf(shell));
      new Printer(shell, globals()).good({ url, linked: true }, `Linked to ${url}`);
    });

  program
    .command('signup [email]')
    .description('sign up; the password is asked for, or read from the input')
    .addHelpText('after', '\nExample:\n  $ supanest signup ada@example.com < password.txt')
    .action(async (given: string | undefined) => {
      const { email, password, url, key } = await who(shell, globals(), given);
      const { user, accessToken } = await signup(email, password, url, key, optionsOf(shell));
      if (accessToken !== null) await remember(shell, url, key, email);
      const text = accessToken === null ? `Confirm the e-mail sent to ${email}` : `Signed up as ${email}`;
      new Printer(shell, globals()).good({ user, signed_in: accessToken !== null }, text);
    });

  program
    .command('login [email]')
    .description('sign in; the password is asked for, or read from the input')
    .addHelpText(
      'after',
      '\nExamples:\n  $ supanest login ada@example.com\n  $ supanest login < password.txt',
    )
    .action(async (given: string | undefined) => {
      const { email, password, url, key } = await who(shell, globals(), given);
      await login(email, password, url, key, optionsOf(shell));
      await remember(shell, url, key, email);
      new Printer(shell, globals()).good({ email, url }, `Signed in as ${email}`);
    });

  program
    .command('logout')
    .description('sign out, and forget the session')
    .action(async () => {
      const { client, email } = await currentSession(shell, globals());
      await client.session.signOut();
      new Printer(shell, globals()).good({ email, signed_out: true }, `Signed out ${email}`);
    });

  program
    .command('whoami')
    .description('show who is signed in')
    .action(async () => {
      const { client } = await currentSession(shell, globals());
      const user = await client.getSignedInUser();
      new Printer(shell, globals()).result(
        user,
        `${user.email ?? 'anonymous'} (${user.id}) at ${client.url}`,
      );
    });
}

interface Who {
  email: string;
  password: string;
  url: string;
  key: string;
}

async function who(shell: Shell, { url, key }: GlobalOptions, given: string | undefined): Promise<Who> {
  const settings = await findSettings({ email: given, url, key }, optionsOf(shell));
  const backend = backendOf(settings);
  if (settings.email === undefined) throw new MissingCredentialsError(['USER_EMAIL']);
  const password = settings.password ?? (await askPassword(shell));
  return { ...backend, email: settings.email, password };
}

/** The next shell knows where and who, and has the session; nobody has the password. */
const remember = (shell: Shell, url: string, key: string, email: string): Promise<void> =>
  writeEnvFile(join(shell.home, ENV_FILE), { SUPABASE_URL: url, SUPABASE_KEY: key, USER_EMAIL: email });
