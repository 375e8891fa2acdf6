import type { FastifyInstance } from 'fastify';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import { isAttributeMapping } from '../../sso/attribute-mapping.ts';
import { ssoProviderJson, type SsoProviderInput } from '../../sso/sso-admin.service.ts';
import { Body } from '../body.ts';
import { queryOf } from '../request-reader.ts';

interface ById {
  Params: { id: string };
}

/** /admin/sso/providers: identity providers of organizations, for holders of the secret key. */
export function adminSsoRoutes(app: FastifyInstance, services: AuthServices): void {
  const { requests, ssoAdmin } = services;
  const path = '/admin/sso/providers';

  app.get(path, async (request) => {
    await requests.admin(request);
    const query = queryOf(request);
    const resourceId = query.get('resource_id') ?? '';
    const prefix = query.get('resource_id_prefix') ?? '';
    const found = await ssoAdmin.list({ resourceId, prefix });
    return { items: found.map((provider) => ssoProviderJson(provider, false)) };
  });

  app.post(path, async (request, reply) => {
    await requests.admin(request);
    return reply.code(201).send(ssoProviderJson(await ssoAdmin.create(readInput(Body.of(request)))));
  });

  app.get<ById>(`${path}/:id`, async (request) => {
    await requests.admin(request);
    return ssoProviderJson(await ssoAdmin.get(request.params.id));
  });

  app.put<ById>(`${path}/:id`, async (request) => {
    await requests.admin(request);
    return ssoProviderJson(await ssoAdmin.update(request.params.id, readInput(Body.of(request))));
  });

  app.delete<ById>(`${path}/:id`, async (request) => {
    await requests.admin(request);
    return ssoProviderJson(await ssoAdmin.delete(request.params.id));
  });
}

function readInput(body: Body): SsoProviderInput {
  const mapping = body.object('attribute_mapping') ?? {};
  if (!isAttributeMapping(mapping)) throw refuse.badJson('"attribute_mapping" is not of the right shape');
  return {
    type: body.string('type'),
    metadataUrl: body.string('metadata_url'),
    metadataXml: body.string('metadata_xml'),
    domains: body.strings('domains'),
    attributeMapping: mapping,
    nameIdFormat: body.string('name_id_format'),
    resourceId: body.optionalString('resource_id'),
    disabled: body.optionalBoolean('disabled'),
  };
}
