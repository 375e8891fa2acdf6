import type { AdminsRepository, Candidate } from './admins.repository.js';

/** What came of a command: lines for people, and the exit code. */
export interface Outcome {
  lines: string[];
  /** 0 done, 1 not possible, 2 not understood. */
  exitCode: 0 | 1 | 2;
}

export const USAGE = `Usage:
  npm run admin -- grant EMAIL    make somebody an administrator
  npm run admin -- revoke EMAIL   take the role away
  npm run admin -- list           who has it

EMAIL may also be the user's uuid. The database is that of DATABASE_URL (environment or .env); without it, that of the
local Supabase. A change holds from the user's next request on.`;

const done = (...lines: string[]): Outcome => ({ lines, exitCode: 0 });
const failed = (...lines: string[]): Outcome => ({ lines, exitCode: 1 });

/** Runs one command of `npm run admin`. */
export async function runAdminCommand(args: readonly string[], admins: AdminsRepository): Promise<Outcome> {
  const [command, who, ...rest] = args;
  if (command === 'list' && who === undefined) return list(admins);
  if ((command !== 'grant' && command !== 'revoke') || who === undefined || rest.length > 0) {
    return { lines: [USAGE], exitCode: 2 };
  }
  const found = await admins.find(who.trim());
  const [user, another] = found;
  if (!user) return failed(`No user has the e-mail ${who}. Whoever is to become one signs up first.`);
  if (another) {
    return failed(`Several users have the e-mail ${who}; name one by uuid:`, ...found.map(describe));
  }
  return command === 'grant' ? grant(user, admins) : revoke(user, admins);
}

async function grant(user: Candidate, admins: AdminsRepository): Promise<Outcome> {
  if (user.role === 'admin') return done(`${nameOf(user)} is an administrator already.`);
  await admins.setRole(user.id, 'admin');
  const inactive = user.is_active ? [] : ['But the user is inactive: every request is refused all the same.'];
  return done(`${nameOf(user)} is an administrator now.`, ...inactive);
}

async function revoke(user: Candidate, admins: AdminsRepository): Promise<Outcome> {
  if (user.role !== 'admin') return done(`${nameOf(user)} is no administrator.`);
  await admins.setRole(user.id, 'user');
  const left = (await admins.list()).filter((admin) => admin.is_active);
  const nobody = left.length > 0 ? [] : ['Nobody is one any more; `npm run admin -- grant EMAIL` makes one.'];
  return done(`${nameOf(user)} is no administrator any more.`, ...nobody);
}

async function list(admins: AdminsRepository): Promise<Outcome> {
  const all = await admins.list();
  return done(...(all.length > 0 ? all.map(describe) : ['There is no administrator.']));
}

const nameOf = ({ email, user_id }: Candidate): string => email ?? user_id;

const describe = ({ id, user_id, email, is_active }: Candidate): string =>
  `${String(id).padStart(6)}  ${user_id}  ${email ?? '(no e-mail)'}${is_active ? '' : '  (inactive)'}`;
