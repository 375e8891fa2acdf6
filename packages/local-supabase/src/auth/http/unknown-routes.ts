import type { FastifyInstance } from 'fastify';

/**
 * Answers paths that are none, and methods that a path does not have, as GoTrue's router does. To be called before the routes
 * are added.
 */
export function answerUnknownRoutes(scope: FastifyInstance): void {
  const paths: RegExp[] = [];
  scope.addHook('onRoute', ({ url }) => {
    paths.push(patternOf(url));
  });
  scope.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?');
    if (paths.some((pattern) => pattern.test(path))) return reply.code(405).send();
    return reply
      .code(404)
      .header('X-Content-Type-Options', 'nosniff')
      .type('text/plain; charset=utf-8')
      .send('404 page not found\n');
  });
}

/** What a route's URL takes: `:name` is one part of a path, `*` any number. */
function patternOf(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replace(/:\w+/g, '[^/]+');
  return new RegExp(`^${source}/?$`);
}
