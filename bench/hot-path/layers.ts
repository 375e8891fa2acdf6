import { readFileSync } from 'node:fs';

/** What V8 writes with `--cpu-prof`, as far as it is needed here. */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples: number[];
  /** Microseconds since the sample before. */
  timeDeltas: number[];
}

type Frame = Profile['nodes'][number]['callFrame'];

/** Who works in a frame, from the most telling to the least; nobody for those of Node itself. */
const LAYERS: readonly (readonly [RegExp, string])[] = [
  [/node_modules\/(pg|pg-\w+|postgres-\w+)\//, 'driver of Postgres'],
  [
    /node_modules\/(pino|sonic-boom|quick-format-unescaped|safe-stable-stringify)\/|\/platform\/logging\//,
    'access log',
  ],
  [
    /node_modules\/(passport|passport-jwt|jsonwebtoken|jws|jwa|lru-cache)\/|\/src\/auth\//,
    'tokens and roles',
  ],
  [/\/platform\/database\//, 'group commit and pool'],
  [/\/src\/credits\/|node_modules\/(@nestjs\/throttler|uuid)\//, 'quota and charges'],
  [/\/src\/platform\//, 'hooks: headers, ids, bodies, load'],
  [/node_modules\/@nestjs\/|node_modules\/(rxjs|reflect-metadata)\//, 'Nest'],
  [/node_modules\/(@fastify|fastify|find-my-way|avvio|light-my-request)\//, 'Fastify'],
];

/** What Node does for somebody: its work is that of whoever called, where it is one of these. */
const EMPLOYERS = new Set(['driver of Postgres', 'access log', 'tokens and roles']);
const NODE = 'Node: HTTP, sockets, promises';
const IDLE = '(idle)';

/**
 * How busy time is shared among the layers, in parts of one. A sample belongs to the layer of its innermost frame; native
 * code and Node's own to the driver, the log or the tokens if they have called it, otherwise to Node.
 *
 * @param skipMs - how much of the beginning is left out: the start and what is done once
 */
export function sharesOfLayers(file: string, skipMs: number): Map<string, number> {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const layers = new Map<number, string>();
  const layerOf = (id: number): string => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    const layer = whoseWork(stackOf(id, frames, parents));
    layers.set(id, layer);
    return layer;
  };

  const spent = new Map<string, number>();
  let passed = 0;
  let total = 0;
  profile.samples.forEach((id, index) => {
    const delta = profile.timeDeltas[index] ?? 0;
    passed += delta;
    if (passed < skipMs * 1_000 || frames.get(id)?.functionName === IDLE) return;
    const layer = layerOf(id);
    spent.set(layer, (spent.get(layer) ?? 0) + delta);
    total += delta;
  });
  return new Map([...spent].map(([layer, time]) => [layer, time / total]));
}

function stackOf(id: number, frames: Map<number, Frame>, parents: Map<number, number>): Frame[] {
  const stack: Frame[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const frame = frames.get(at);
    if (frame) stack.push(frame);
  }
  return stack;
}

function whoseWork(stack: readonly Frame[]): string {
  const [innermost] = stack;
  if (innermost?.functionName === '(garbage collector)') return 'garbage collection';
  const own = layerOfFrame(innermost);
  if (own !== undefined) return own;
  const caller = stack.map(layerOfFrame).find((layer) => layer !== undefined);
  return caller !== undefined && EMPLOYERS.has(caller) ? caller : NODE;
}

function layerOfFrame(frame: Frame | undefined): string | undefined {
  return frame && LAYERS.find(([pattern]) => pattern.test(frame.url))?.[1];
}
