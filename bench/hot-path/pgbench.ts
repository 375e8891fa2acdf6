import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A charge as lean as one transaction can be: the balance and the row in one statement, one round trip. */
const SCRIPT = `\\set id random(1, :users)
with charged as (
  update conventional.users set credits = credits - 1 where id = :id and credits >= 1 returning id
)
insert into conventional.transactions (user_id, amount, endpoint) select id, -1, '/api/bench/metered' from charged;
`;

/** Charges a second with so many clients, each with a connection of its own. */
export async function chargeByPgbench(load: {
  url: string;
  users: number;
  clients: number;
  seconds: number;
}): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'supanest-bench-'));
  const script = join(folder, 'charge.sql');
  writeFileSync(script, SCRIPT);
  try {
    const { stdout } = await run('pgbench', [
      ...['--no-vacuum', '--protocol=prepared', '--jobs=2'],
      ...[`--client=${String(load.clients)}`, `--time=${String(load.seconds)}`],
      ...[`--define=users=${String(load.users)}`, `--file=${script}`, load.url],
    ]);
    return Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
