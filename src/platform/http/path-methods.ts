import type { FastifyInstance, FastifyRequest } from 'fastify';
import router from 'find-my-way';

/** What the decorator below adds to a Fastify instance. */
interface WithPathMethods {
  methodsAt: (url: string) => readonly string[];
}

/**
 * Keeps which methods each path takes: the router itself only tells whether one method of it is served. To be called
 * before the routes are added.
 */
export function keepPathMethods(fastify: FastifyInstance): void {
  const paths = router({ ignoreTrailingSlash: true, maxParamLength: 1_024 });
  const methods = new Map<string, Set<string>>();

  fastify.addHook('onRoute', ({ url, method }) => {
    // The catch-all of preflight requests is not a path that is served.
    if (url === '*') return;
    const pattern = patternOf(url);
    const known = methods.get(pattern) ?? new Set<string>();
    if (known.size === 0) paths.on('GET', pattern, () => undefined, known);
    methods.set(pattern, known);
    for (const name of [method].flat()) known.add(name);
  });

  fastify.decorate('methodsAt', (url: string) => {
    const found = paths.find('GET', url.split('?', 1)[0] ?? url);
    return [...((found?.store as Set<string> | undefined) ?? [])].sort();
  });
}

/** Routes of one path may name its parameters differently. */
function patternOf(url: string): string {
  let count = 0;
  const pattern = url.replace(/:\w+/g, () => `:p${String(count++)}`);
  return pattern.length > 1 ? pattern.replace(/\/$/, '') : pattern;
}

/** The methods that the path of a request takes; none when nobody serves it. */
export function methodsAt(request: FastifyRequest): readonly string[] {
  return (request.server as unknown as WithPathMethods).methodsAt(request.url);
}
