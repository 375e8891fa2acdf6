import type { LocalSupabase } from '@supanest/local-supabase';

/** What a newcomer wants to know once everything runs: where things are, and what to type first. */
export function banner(api: string, supabase: LocalSupabase | undefined): string {
  const places: [string, string][] = [
    ['API', `${api}/api  and  ${api}/api/v1`],
    ['Docs', `${api}/docs`],
    ['OpenAPI', `${api}/openapi.json  and  ${api}/openapi.v1.json`],
  ];
  if (supabase) {
    places.push(['Supabase', supabase.url], ['Inbox', supabase.inboxUrl], ['Postgres', supabase.postgresUrl]);
  }
  return `
Supanest is running.

${places.map(([name, url]) => `  ${name.padEnd(10)}${url}`).join('\n')}

Try it:

  curl -s ${api}/api/auth/signup -H 'Content-Type: application/json' \\
    -d '{"email": "me@example.com", "password": "correct horse"}'

  TOKEN=$(curl -s ${api}/api/auth/login -H 'Content-Type: application/json' \\
    -d '{"email": "me@example.com", "password": "correct horse"}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s ${api}/api/credits -H "Authorization: Bearer $TOKEN"

  npm run admin -- grant me@example.com     # in another shell: makes you an administrator

Stop it with Ctrl+C.
`;
}
