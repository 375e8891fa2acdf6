/**
 * Where the processor time of a request goes: each variant under load with V8's profiler on, its samples shared out among
 * the layers it passes.
 *
 *   BENCH_POSTGRES_URL=postgresql://superuser:…@127.0.0.1:5432/postgres npm run bench:profile
 *
 * BENCH_SECONDS (8) of each variant, BENCH_CONNECTIONS (128). Microseconds of a layer are its share of the samples times the
 * processor time of a request, which the system says of the process (user and system, also of its other threads).
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchServer, measuredHere } from '../machine.ts';
import { writeSection } from '../results.ts';
import { prepare } from './database.ts';
import { sharesOfLayers } from './layers.ts';
import { saturate } from './load.ts';
import { postgresSeconds, secondsBetween } from './processor.ts';
import { startServer } from './server.process.ts';
import { environment, variants, type Variant } from './variants.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 8);
const connections = Number(process.env.BENCH_CONNECTIONS ?? 128);
/** What the profiler samples by, in microseconds. */
const INTERVAL = '500';
const WARM_UP_SECONDS = 3;
/** The start of the process, too. */
const SKIPPED_MS = 1_500 + WARM_UP_SECONDS * 1_000;
const POSTGRES = 'Postgres, beside it';
const TOTAL = 'all of the API';

const database = await prepare(benchServer(), 1_000);
try {
  const measured = new Map<string, Map<string, number>>();
  for (const variant of variants.filter(({ key }) => 'abcd'.includes(key))) {
    measured.set(variant.key, await microsecondsOf(variant));
  }
  const text = [
    measuredHere(),
    `Microseconds of processor time for one request, ${String(connections)} connections:`,
    table(measured),
    limits(measured),
  ];
  console.log(text.join('\n\n'));
  writeSection('Hot path: where the time goes', 'npm run bench:profile', text.join('\n\n'));
} finally {
  await database.drop();
}

async function microsecondsOf(variant: Variant): Promise<Map<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'supanest-profile-'));
  try {
    const options = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL}`];
    const server = await startServer(variant.server, environment(database), options);
    const load = {
      url: server.url + variant.path,
      tokens: variant.authenticated ? database.tokens : [],
      connections,
    };
    await saturate({ ...load, seconds: WARM_UP_SECONDS });
    const before = [server.cpuSeconds(), await postgresSeconds(database.sql)] as const;
    const { perSecond } = await saturate({ ...load, seconds });
    const requests = perSecond * seconds;
    const each = ((server.cpuSeconds() - before[0]) * 1e6) / requests;
    const postgres = (secondsBetween(before[1], await postgresSeconds(database.sql)) * 1e6) / requests;
    await server.stop();
    const [file] = readdirSync(folder);
    if (file === undefined) throw new Error(`${variant.server} left no profile`);
    const shares = sharesOfLayers(join(folder, file), SKIPPED_MS);
    return new Map([
      ...[...shares].map(([layer, share]) => [layer, share * each] as const),
      [TOTAL, each],
      [POSTGRES, postgres],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What the aims of `npm run bench` allow a request to cost: one process has one core for its JavaScript, so where the API is
 * what limits, requests a second are the reverse of its microseconds.
 */
function limits(measured: Map<string, Map<string, number>>): string {
  const total = (key: string): number => measured.get(key)?.get(TOTAL) ?? 0;
  const lines = Object.entries({ b: 0.85, c: 0.6, d: 0.4 }).map(
    ([key, aim]) =>
      `- ${key} ≥ ${String(aim)} a would be ${(total('a') / aim).toFixed(0)} µs at most; it takes ${total(key).toFixed(0)}.`,
  );
  return `One process has one core for its JavaScript, so as long as the API is what limits:\n\n${lines.join('\n')}`;
}

function table(measured: Map<string, Map<string, number>>): string {
  const keys = [...measured.keys()];
  const of = (key: string, layer: string): number => measured.get(key)?.get(layer) ?? 0;
  const most = (layer: string): number => Math.max(...keys.map((key) => of(key, layer)));
  const layers = [...new Set([...measured.values()].flatMap((shares) => [...shares.keys()]))]
    .filter((layer) => layer !== TOTAL && layer !== POSTGRES)
    .sort((left, right) => most(right) - most(left));
  const row = (layer: string): string =>
    `| ${layer} | ${keys.map((key) => of(key, layer).toFixed(1)).join(' | ')} |`;
  return [
    `| | ${keys.join(' | ')} |`,
    `|---|${keys.map(() => '---').join('|')}|`,
    ...layers.map(row),
    row(TOTAL),
    row(POSTGRES),
  ].join('\n');
}
