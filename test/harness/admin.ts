import { signUp, type Caller } from './caller.js';
import { sql } from './database.js';

/** A new user with the admin role, as `npm run admin -- grant` gives it. */
export async function signUpAdmin(url: string): Promise<Caller> {
  const caller = await signUp(url);
  await sql(`update supanest.profiles set role = 'admin' where user_id = $1`, [caller.user?.id]);
  return caller;
}
