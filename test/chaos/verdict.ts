import { GRANT, PRICED, type Entry } from './clients.js';
import type { World } from './world.js';

interface Row {
  id: string;
  profile_id: number;
  kind: string;
  amount: number;
  request_id: string | null;
  charge_id: string | null;
  reason: string | null;
}

/** Every sentence that the ledger has made untrue, with the case. Empty when nothing was lost and nothing invented. */
export async function verdict(world: World, diary: readonly Entry[], dailyLimit: number): Promise<string[]> {
  const broken = await world.sql<{ rule: string; detail: string }>(
    'select rule, detail from supanest.ledger_violations()',
  );
  const rows = await world.sql<Row>(
    'select id::text, profile_id, kind, amount::int, request_id, charge_id::text, reason from supanest.credit_transactions',
  );
  return [
    ...broken.map(({ rule, detail }) => `${rule}: ${detail}`),
    ...diary.flatMap((entry) =>
      entry.action === 'grant' ? judgeGrant(entry, rows) : judgeCharge(entry, entry.action, rows),
    ),
    ...notGivenBack(diary, rows, world.killed),
    ...(await judgeCounters(world, dailyLimit)),
  ];
}

function judgeCharge(entry: Entry, action: 'charge' | 'fail', rows: readonly Row[]): string[] {
  const charges = rows.filter(({ kind, request_id }) => kind === 'charge' && request_id === entry.requestId);
  const { price } = PRICED[action];
  const is = JSON.stringify(entry);
  const found: string[] = [];
  if (charges.length > 1) found.push(`charged ${String(charges.length)} times: ${is}`);
  if (charges.some(({ amount, profile_id }) => amount !== -price || profile_id !== entry.profileId)) {
    found.push(`charged something else: ${is}`);
  }
  if ((entry.charged ?? 0) > 0 && charges.length !== 1) found.push(`said to be charged, and is not: ${is}`);
  if (entry.status === 200 && entry.charged !== price) found.push(`served without the price: ${is}`);
  const given = charges.flatMap(({ id }) => rows.filter(({ charge_id }) => charge_id === id));
  if (given.length > 1) found.push(`given back ${String(given.length)} times: ${is}`);
  if (entry.status === 200 && given.length > 0) found.push(`served, and given back: ${is}`);
  return found;
}

function judgeGrant(entry: Entry, rows: readonly Row[]): string[] {
  const grants = rows.filter(({ kind, reason }) => kind === 'grant' && reason === entry.requestId);
  const is = JSON.stringify(entry);
  if (grants.length > 1) return [`granted ${String(grants.length)} times: ${is}`];
  if (entry.status === 200 && grants.length === 0) return [`said to be granted, and is not: ${is}`];
  return grants.some(({ amount }) => amount !== GRANT) ? [`granted something else: ${is}`] : [];
}

/** Only what a killed process was at may stay: of those who lived, every failure was given back. */
function notGivenBack(diary: readonly Entry[], rows: readonly Row[], killed: ReadonlySet<string>): string[] {
  const refunded = new Set(rows.map(({ charge_id }) => charge_id));
  const kept = new Set(
    rows.filter(({ kind, id }) => kind === 'charge' && !refunded.has(id)).map(({ request_id }) => request_id),
  );
  return diary
    .filter(({ url, requestId }) => !killed.has(url) && kept.has(requestId))
    .filter(({ status }) => status !== undefined && status >= 400)
    .map((entry) => `failed, and not given back: ${JSON.stringify(entry)}`);
}

async function judgeCounters(world: World, dailyLimit: number): Promise<string[]> {
  const over = await world.sql<{ subject: string; requests: number }>(
    `select subject, requests from supanest.request_counters where subject like 'user:%' and requests > $1`,
    [dailyLimit],
  );
  return over.map(({ subject, requests }) => `${subject} had ${String(requests)} requests`);
}
