import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Represented } from '../http/representation.js';
import { buildDocuments, type Tags } from './build-documents.js';

/** What the page may load: itself. Swagger UI sets styles inline and shows pictures from data URLs. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

/** Swagger UI at `/docs`, the two files at `/openapi.json` and `/openapi.v1.json`. Made when first asked for. */
export function serveDocs(app: NestFastifyApplication, tags: Tags): void {
  let documents: Represented<OpenAPIObject> | undefined;
  const built = (): Represented<OpenAPIObject> => (documents ??= buildDocuments(app, tags));

  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/docs')) void reply.header('content-security-policy', PAGE_POLICY);
    done();
  });
  fastify.get('/openapi.json', (_request, reply) => sendDocument(reply, built().plain));
  fastify.get('/openapi.v1.json', (_request, reply) => sendDocument(reply, built().enveloped));

  SwaggerModule.setup('docs', app, () => built().plain, {
    raw: false,
    explorer: true,
    customSiteTitle: 'Supanest API',
    swaggerOptions: {
      urls: [
        { url: '/openapi.json', name: 'Plain: /api' },
        { url: '/openapi.v1.json', name: 'Enveloped: /api/v1' },
      ],
      persistAuthorization: true,
      // Schemas are beside the operations that use them; a list of all of them takes a browser seconds.
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      tagsSorter: 'alpha',
    },
  });
}

function sendDocument(reply: FastifyReply, document: OpenAPIObject): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(document));
}
