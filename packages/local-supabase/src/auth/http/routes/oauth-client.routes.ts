import type { FastifyInstance } from 'fastify';
import { offsetOf, pageHeaders, readPage } from '../../admin/pagination.ts';
import { readOAuthClient } from '../../oauth-clients/oauth-client.input.ts';
import type { AuthServices } from '../../services.ts';
import { Body } from '../body.ts';
import { queryOf } from '../request-reader.ts';

interface ById {
  Params: { id: string };
}

/** /admin/oauth/clients, where the project has `[auth.oauth_server]` enabled. */
export function oauthClientRoutes(app: FastifyInstance, services: AuthServices): void {
  const { config, oauthClients, requests } = services;
  if (!config.oauthServer.enabled) return;
  const path = '/admin/oauth/clients';

  app.get(path, async (request, reply) => {
    await requests.admin(request);
    const query = queryOf(request);
    const page = readPage(query);
    const { clients, total } = await oauthClients.list({ limit: page.size, offset: offsetOf(page) });
    reply.headers(pageHeaders(new URL(`${path}?${query.toString()}`, 'http://gotrue'), page, total));
    return { clients };
  });

  app.post(path, async (request, reply) => {
    await requests.admin(request);
    const client = await oauthClients.create(readOAuthClient(Body.of(request)), 'manual');
    return reply.code(201).send(client);
  });

  app.get<ById>(`${path}/:id`, async (request) => {
    await requests.admin(request);
    return oauthClients.get(request.params.id);
  });

  app.put<ById>(`${path}/:id`, async (request) => {
    await requests.admin(request);
    return oauthClients.update(request.params.id, readOAuthClient(Body.of(request)));
  });

  app.delete<ById>(`${path}/:id`, async (request, reply) => {
    await requests.admin(request);
    await oauthClients.delete(request.params.id);
    return reply.code(204).send();
  });

  app.post<ById>(`${path}/:id/regenerate_secret`, async (request) => {
    await requests.admin(request);
    return oauthClients.regenerateSecret(request.params.id);
  });
}
