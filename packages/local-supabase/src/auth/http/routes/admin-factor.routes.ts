import type { FastifyInstance } from 'fastify';
import type { AuthServices } from '../../services.ts';
import { factorJson } from '../../users/user-json.ts';
import { Body } from '../body.ts';
import { userId } from './admin-user.routes.ts';
import { factorId } from './factor.routes.ts';

interface OfUser {
  Params: { id: string };
}
interface ById {
  Params: { id: string; factor: string };
}

/** /admin/users/:id/factors: a user's second factors, for holders of the secret key. */
export function adminFactorRoutes(app: FastifyInstance, services: AuthServices): void {
  const { adminFactors, requests } = services;

  app.get<OfUser>('/admin/users/:id/factors', async (request) => {
    await requests.admin(request);
    return (await adminFactors.list(userId(request.params.id))).map(factorJson);
  });

  app.put<ById>('/admin/users/:id/factors/:factor', async (request) => {
    const role = await requests.admin(request);
    const { id, factor } = request.params;
    const body = Body.of(request);
    const changes = { name: body.string('friendly_name'), phone: body.string('phone') };
    return factorJson(
      await adminFactors.change(role, userId(id), factorId(factor), changes, requests.info(request)),
    );
  });

  app.delete<ById>('/admin/users/:id/factors/:factor', async (request) => {
    await requests.admin(request);
    const { id, factor } = request.params;
    return factorJson(await adminFactors.delete(userId(id), factorId(factor), requests.info(request)));
  });
}
