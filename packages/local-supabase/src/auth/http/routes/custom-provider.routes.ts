import type { FastifyInstance } from 'fastify';
import type { AuthServices } from '../../services.ts';
import { Body } from '../body.ts';
import { queryOf } from '../request-reader.ts';

interface ByIdentifier {
  Params: { identifier: string };
}

/** /admin/custom-providers: providers of OAuth 2.0 and OpenID Connect that no release of GoTrue knows. */
export function customProviderRoutes(app: FastifyInstance, services: AuthServices): void {
  const { customProviders, requests } = services;
  const path = '/admin/custom-providers';

  app.get(path, async (request) => {
    await requests.admin(request);
    return { providers: await customProviders.list(queryOf(request).get('type') ?? '') };
  });

  app.post(path, async (request, reply) => {
    await requests.admin(request);
    return reply.code(201).send(await customProviders.create(Body.of(request)));
  });

  app.get<ByIdentifier>(`${path}/:identifier`, async (request) => {
    await requests.admin(request);
    return customProviders.get(request.params.identifier);
  });

  app.put<ByIdentifier>(`${path}/:identifier`, async (request) => {
    await requests.admin(request);
    return customProviders.update(request.params.identifier, Body.of(request));
  });

  app.delete<ByIdentifier>(`${path}/:identifier`, async (request, reply) => {
    await requests.admin(request);
    await customProviders.delete(request.params.identifier);
    return reply.code(204).send();
  });
}
