import { connect, type Socket } from 'node:net';

/** What came of requests that were sent at their time, whether or not earlier ones had been answered. */
export interface OpenLoopResult {
  /** Requests that were due. */
  due: number;
  accepted: number;
  /** 503 with `Retry-After`. */
  refused: number;
  /** By status, or `no connection` and `broken off`. */
  other: Record<string, number>;
  /** Milliseconds from when a request was due to the end of its answer, of those accepted, sorted. */
  latencies: number[];
  /** The same of those refused. */
  refusedLatencies: number[];
  /** Connections open at the same time, at most. */
  connections: number;
}

interface OpenLoop {
  url: string;
  /** Taken in turn. */
  tokens: readonly string[];
  perSecond: number;
  seconds: number;
  /** A request that finds no free connection then is not sent, and counted under `no connection`. */
  maxConnections?: number;
}

const TICK_MS = 2;
/** So long answers are waited for after the last request. */
const PATIENCE_MS = 10_000;

/**
 * Sends requests at a fixed rate. A generator that waits for answers, as most do, slows down with the server and so never
 * asks more of it than it can do; this one opens further connections instead. Sockets are read by hand, so that it takes
 * a fraction of the processor that the server takes.
 */
export async function openLoop({
  url,
  tokens,
  perSecond,
  seconds,
  maxConnections = 5_000,
}: OpenLoop): Promise<OpenLoopResult> {
  const { hostname, port, pathname, search } = new URL(url);
  const requests = tokens.map(
    (token) =>
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  const result: OpenLoopResult = {
    due: 0,
    accepted: 0,
    refused: 0,
    other: {},
    latencies: [],
    refusedLatencies: [],
    connections: 0,
  };
  const sockets = new Set<Socket>();
  const idle: ((request: string, due: number) => void)[] = [];
  let waiting = 0;

  const note = (what: string): void => {
    result.other[what] = (result.other[what] ?? 0) + 1;
  };
  const open = (first: string, dueFirst: number): void => {
    let due = dueFirst;
    let text = '';
    let busy = false;
    const socket = connect(Number(port), hostname);
    const send = (request: string, at: number): void => {
      due = at;
      busy = true;
      waiting += 1;
      socket.write(request);
    };
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (piece) => {
      text = text === '' ? String(piece) : text + String(piece);
      if (!isWhole(text)) return;
      const milliseconds = performance.now() - due;
      const status = text.slice(9, 12);
      if (status === '200') {
        result.accepted += 1;
        result.latencies.push(milliseconds);
      } else if (status === '503' && text.includes('\r\nretry-after: ')) {
        result.refused += 1;
        result.refusedLatencies.push(milliseconds);
      } else note(status);
      text = '';
      busy = false;
      waiting -= 1;
      idle.push(send);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      const place = idle.indexOf(send);
      if (place !== -1) idle.splice(place, 1);
      if (!busy) return;
      waiting -= 1;
      note('broken off');
    });
    sockets.add(socket);
    result.connections = Math.max(result.connections, sockets.size);
    send(first, dueFirst);
  };

  const began = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const elapsed = Math.min(seconds * 1_000, now - began);
      for (const until = Math.floor((elapsed * perSecond) / 1_000); result.due < until; result.due += 1) {
        const request = requests[result.due % requests.length] ?? '';
        const free = idle.pop();
        if (free) free(request, now);
        else if (sockets.size < maxConnections) open(request, now);
        else note('no connection');
      }
      const over = now - began - seconds * 1_000;
      if (over < 0 || (waiting > 0 && over < PATIENCE_MS)) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  for (const socket of sockets) socket.destroy();
  result.latencies.sort((a, b) => a - b);
  result.refusedLatencies.sort((a, b) => a - b);
  return result;
}

/** Answers here say their length. */
function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return false;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return text.length >= head + 4 + length;
}

/** The value that so large a part of sorted values does not exceed. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
