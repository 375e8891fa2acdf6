import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { openLoop, quantile } from '../pressure/open-loop.ts';

/** What came of a stretch of load. */
export interface LoadResult {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Answers other than 2xx, and requests without an answer. */
  failed: number;
}

export interface Load {
  url: string;
  /** Taken in turn by the requests; none for a route that asks for none. */
  tokens: readonly string[];
  connections: number;
  seconds: number;
}

const run = promisify(execFile);

/** wrk takes a fifth of the processor that a generator in JavaScript takes, which on a small machine is the server's. */
export const generator = hasWrk() ? 'wrk' : 'autocannon';

/** As many requests as are answered: each connection sends the next one as soon as it has an answer. */
export function saturate(load: Load): Promise<LoadResult> {
  return generator === 'wrk' ? withWrk(load) : withAutocannon(load);
}

/**
 * A fixed number of requests a second, whatever the answers take; for latencies. Not by autocannon, which needs a core of its
 * own for some thousand requests a second, and then tells of its own delays.
 */
export async function atRate(load: Load, perSecond: number): Promise<LoadResult> {
  const { accepted, due, latencies } = await openLoop({
    ...load,
    perSecond,
    maxConnections: load.connections,
  });
  return {
    perSecond: accepted / load.seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    failed: due - accepted,
  };
}

async function withWrk({ url, tokens, connections, seconds }: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'supanest-bench-'));
  const script = join(folder, 'requests.lua');
  writeFileSync(join(folder, 'tokens'), tokens.join('\n'));
  const { pathname, search } = new URL(url);
  writeFileSync(script, luaScript(join(folder, 'tokens'), pathname + search));
  const options = ['-t', '1', '-c', String(connections), '-d', `${String(seconds)}s`, '-s', script, url];
  try {
    const { stdout } = await run('wrk', options);
    const result = /result (\S+) (\S+) (\S+) (\S+) (\S+)/.exec(stdout)?.slice(1).map(Number);
    if (!result) throw new Error(stdout);
    const [requests = 0, microseconds = 0, p50 = 0, p99 = 0, failed = 0] = result;
    return { perSecond: (requests / microseconds) * 1e6, p50: p50 / 1000, p99: p99 / 1000, failed };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const luaScript = (tokens: string, path: string): string => `
local requests, turn = {}, 0
init = function()
  for token in io.lines('${tokens}') do
    requests[#requests + 1] = wrk.format('GET', '${path}', { ['Authorization'] = 'Bearer ' .. token })
  end
  if #requests == 0 then requests[1] = wrk.format('GET', '${path}') end
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
done = function(summary, latency)
  local e = summary.errors
  print(string.format('result %d %d %d %d %d', summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;

async function withAutocannon({ url, tokens, connections, seconds }: Load): Promise<LoadResult> {
  let turn = 0;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: [
      {
        setupRequest: (request) => {
          turn = (turn + 1) % Math.max(1, tokens.length);
          const token = tokens[turn];
          return token === undefined
            ? request
            : { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
        },
      },
    ],
  });
  return {
    perSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.non2xx + result.errors,
  };
}

function hasWrk(): boolean {
  try {
    // It answers its usage, and 1.
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
