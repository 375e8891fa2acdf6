import type { FastifyInstance } from 'fastify';
import { offsetOf, pageHeaders, readPage } from '../../admin/pagination.ts';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import { listAuditEntries } from '../../users/audit.repository.ts';
import { userJson } from '../../users/user-json.ts';
import { Body } from '../body.ts';
import { queryOf } from '../request-reader.ts';

/** What `?query=author:…` searches in, by GoTrue's names. */
const AUDIT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  author: ['actor_username', 'actor_name'],
  action: ['action'],
  type: ['log_type'],
};

/** POST /invite, POST /admin/generate_link and GET /admin/audit. */
export function adminLinkRoutes(app: FastifyInstance, services: AuthServices): void {
  const { database, invites, links, requests } = services;

  app.post('/invite', async (request) => {
    const role = await requests.admin(request);
    const body = Body.of(request);
    const invitation = { email: body.string('email'), data: body.object('data') ?? {} };
    return userJson(await invites.invite(role, invitation, requests.info(request)));
  });

  app.post('/admin/generate_link', async (request) => {
    const role = await requests.admin(request);
    const body = Body.of(request);
    const asked = {
      type: body.string('type'),
      email: body.string('email'),
      newEmail: body.string('new_email'),
      password: body.string('password'),
      data: body.object('data') ?? {},
    };
    return links.generate(role, asked, requests.info(request, {}, body.string('redirect_to')));
  });

  app.get('/admin/audit', async (request, reply) => {
    await requests.admin(request);
    const query = queryOf(request);
    const page = readPage(query);
    const { entries, total } = await listAuditEntries(database.pool, {
      ...readSearch(query.get('query') ?? ''),
      limit: page.size,
      offset: offsetOf(page),
    });
    const url = new URL(`/admin/audit?${query.toString()}`, 'http://gotrue');
    reply.headers(pageHeaders(url, page, total));
    return entries;
  });
}

function readSearch(query: string): { fields: readonly string[]; value: string } {
  if (query === '') return { fields: [], value: '' };
  const [scope = '', value = ''] = query.split(':', 2);
  const fields = Object.hasOwn(AUDIT_FIELDS, scope) ? AUDIT_FIELDS[scope] : undefined;
  if (fields === undefined || !query.includes(':')) {
    throw refuse.validation('Invalid query scope: must be in format scope:value');
  }
  return { fields, value };
}
