import { fastify, type FastifyInstance } from 'fastify';

/** What an answer has with a plugin, and has not without it: asked of servers that do nothing else. */
export async function headersAddedBy(
  register: (app: FastifyInstance) => PromiseLike<unknown>,
): Promise<Record<string, string>> {
  const [plain, extended] = [fastify(), fastify()];
  await register(extended);
  const answers = await Promise.all(
    [plain, extended].map(async (probe) => {
      probe.get('/', () => '');
      const { headers } = await probe.inject('/');
      await probe.close();
      return headers;
    }),
  );
  const [without = {}, having = {}] = answers;
  return Object.fromEntries(
    Object.entries(having).flatMap(([name, value]) => (name in without ? [] : [[name, String(value)]])),
  );
}
