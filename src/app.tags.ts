/** The chapters of the OpenAPI documents: `@ApiTags` of a controller names one of these. */
export const TAGS: Readonly<Record<string, string>> = {
  Auth: 'Sign-up, sign-in, sessions, passwords, second factors and identities.',
  Account: 'The short routes: `/register`, `/login`, `/user`, `/logout`.',
  Users: 'Users with their tiers and roles, for administrators; `/users/me` for everybody.',
  'Supabase users': 'The users as Supabase keeps them, for administrators.',
  Credits: 'The balance and the ledger of the actor.',
  Rates: 'What each endpoint costs.',
  Tiers: 'Daily quotas and sign-up credits by tier.',
  Database: "Tables and functions of Supabase's database, with the caller's own rights.",
  Functions: 'Edge Functions of Supabase.',
  Realtime: 'Channels of Supabase Realtime: subscribe, read over server-sent events, broadcast.',
  Storage: "Files in Supabase's buckets, under the caller's own rights.",
  Health: 'Does it run?',
};
