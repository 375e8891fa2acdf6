/**
 * Sign-in through the API against sign-in straight at the local Supabase, in turns: how many a second, and how long one takes.
 *
 *   npm run bench:sign-in
 *
 * BENCH_ROUNDS (5) of BENCH_SIGN_INS (40) each way, BENCH_CONNECTIONS (8) at a time. The client runs here, Supabase and the
 * built API in processes of their own. Most of it is bcrypt, which both ways have. Ends with 1 where the ratio of the medians is
 * below BENCH_RATIO (0.8).
 */
import { startBuiltApi, startSupabase } from './built-api.ts';
import { measuredHere, median } from './machine.ts';
import { writeSection } from './results.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SIGN_INS = Number(process.env.BENCH_SIGN_INS ?? 40);
const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 8);
const LEAST_RATIO = Number(process.env.BENCH_RATIO ?? 0.8);
const PASSWORD = 'correct horse';

/** One request that signs in. */
type SignIn = (email: string) => Promise<Response>;

/** What a way to sign in took, round by round. */
interface Times {
  perSecond: number[];
  milliseconds: number[];
}

const supabase = await startSupabase();
const api = await startBuiltApi(supabase, {
  TRUST_PROXY: '127.0.0.1',
  GUESSING_LIMIT_PER_EMAIL: '100000',
});
const { url: supabaseUrl, publishableKey } = supabase.said;
let address = 0;

try {
  const emails = Array.from({ length: CONNECTIONS }, (_, index) => `${String(index)}@example.com`);
  await Promise.all(emails.map((email) => throughApi('/api/auth/signup', email).then(succeeded)));
  const through: SignIn = (email) => throughApi('/api/auth/login', email);
  const straight: SignIn = (email) =>
    post(`${supabaseUrl}/auth/v1/token?grant_type=password`, { apikey: publishableKey }, email);

  const ways = [through, straight].map((signIn) => ({ signIn, times: noTimes() }));
  for (const { signIn } of ways) await round(signIn, emails, noTimes());
  for (let count = 0; count < ROUNDS; count += 1) {
    for (const { signIn, times } of ways) await round(signIn, emails, times);
  }
  report(ways.map(({ times }) => times));
} finally {
  await api.stop();
  await supabase.stop();
}

function noTimes(): Times {
  return { perSecond: [], milliseconds: [] };
}

/** Every connection signs its own user in, one time after the other. */
async function round(signIn: SignIn, emails: readonly string[], times: Times): Promise<void> {
  const start = performance.now();
  await Promise.all(
    emails.map(async (email) => {
      for (let count = 0; count < SIGN_INS / CONNECTIONS; count += 1) {
        const before = performance.now();
        await succeeded(await signIn(email));
        times.milliseconds.push(performance.now() - before);
      }
    }),
  );
  times.perSecond.push((SIGN_INS * 1_000) / (performance.now() - start));
}

function report([through = noTimes(), straight = noTimes()]: Times[]): void {
  const ratio = median(through.perSecond) / median(straight.perSecond);
  const line = (name: string, { perSecond, milliseconds }: Times): string =>
    `| ${name} | ${median(perSecond).toFixed(1)} | ${Math.min(...perSecond).toFixed(1)} to ${Math.max(...perSecond).toFixed(1)} | ${median(milliseconds).toFixed(0)} |`;
  const text = [
    `${measuredHere()} ${String(ROUNDS)} rounds of ${String(SIGN_INS)} sign-ins each way, ${String(CONNECTIONS)} at a time.`,
    [
      '| | sign-ins/s | spread | median ms |',
      '|---|---|---|---|',
      line('through the API', through),
      line('straight at the local Supabase', straight),
    ].join('\n'),
    `Ratio ${ratio.toFixed(2)}; aim: at least ${String(LEAST_RATIO)}.`,
  ].join('\n\n');
  console.log(text);
  writeSection('Sign-in', 'npm run bench:sign-in', text);
  if (!(ratio >= LEAST_RATIO)) process.exitCode = 1;
}

/** From another address each time, as no limit by address is meant here. */
function throughApi(path: string, email: string): Promise<Response> {
  address += 1;
  const from = `10.${String((address >> 16) & 255)}.${String((address >> 8) & 255)}.${String(address & 255)}`;
  return post(`${api.said.url}${path}`, { 'x-forwarded-for': from }, email);
}

function post(to: string, headers: Record<string, string>, email: string): Promise<Response> {
  return fetch(to, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
}

async function succeeded(answer: Response): Promise<void> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${String(answer.status)} ${text}`);
}
