import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AdminUserInput } from '../../admin/admin-user.types.ts';
import { offsetOf, pageHeaders, readPage } from '../../admin/pagination.ts';
import { readSort } from '../../admin/sorting.ts';
import { AuthError } from '../../errors/auth-error.ts';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import { userJson } from '../../users/user-json.ts';
import { findUser, listUsers } from '../../users/users.repository.ts';
import { Body } from '../body.ts';
import { queryOf } from '../request-reader.ts';
import { isUuid } from '../uuid.ts';

interface ById {
  Params: { id: string };
}

/** /admin/users: every user, for holders of the secret key. */
export function adminUserRoutes(app: FastifyInstance, services: AuthServices): void {
  const { adminCreate, adminDelete, adminUpdate, database, requests } = services;

  app.get('/admin/users', async (request, reply) => {
    await requests.admin(request);
    const query = queryOf(request);
    const page = readPage(query);
    const { audience } = requests.info(request);
    const { users, total } = await listUsers(database.pool, {
      aud: audience,
      filter: query.get('filter') ?? '',
      limit: page.size,
      offset: offsetOf(page),
      sort: readSort(query),
    });
    reply.headers(pageHeaders(listUrl(request), page, total));
    return { users: users.map(userJson), aud: audience };
  });

  app.post('/admin/users', async (request) => {
    const role = await requests.admin(request);
    return userJson(await adminCreate.create(role, readInput(Body.of(request)), requests.info(request)));
  });

  app.get<ById>('/admin/users/:id', async (request) => {
    await requests.admin(request);
    const user = await findUser(database.pool, userId(request.params.id));
    if (user === undefined) throw refuse.userNotFound();
    return userJson(user);
  });

  app.put<ById>('/admin/users/:id', async (request) => {
    const role = await requests.admin(request);
    const id = userId(request.params.id);
    const input = readInput(Body.of(request));
    return userJson(await adminUpdate.update(role, id, input, requests.info(request)));
  });

  app.delete<ById>('/admin/users/:id', async (request) => {
    const role = await requests.admin(request);
    const softly = Body.optional(request).boolean('should_soft_delete');
    await adminDelete.delete(role, userId(request.params.id), softly, requests.info(request));
    return {};
  });
}

/** The id in a path; what is none is not found. */
export function userId(id: string): string {
  if (!isUuid(id)) throw new AuthError(404, 'validation_failed', 'user_id must be an UUID');
  return id;
}

/** The list's address as GoTrue sees it behind the gateway, without the prefix. */
function listUrl(request: FastifyRequest): URL {
  return new URL(`/admin/users?${queryOf(request).toString()}`, 'http://gotrue');
}

function readInput(body: Body): AdminUserInput {
  return {
    id: body.string('id'),
    aud: body.string('aud'),
    role: body.string('role'),
    email: body.string('email'),
    phone: body.string('phone'),
    password: body.optionalString('password'),
    passwordHash: body.string('password_hash'),
    emailConfirm: body.boolean('email_confirm'),
    phoneConfirm: body.boolean('phone_confirm'),
    userMetadata: body.object('user_metadata'),
    appMetadata: body.object('app_metadata'),
    banDuration: body.string('ban_duration'),
  };
}
