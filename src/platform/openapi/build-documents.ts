import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Representation, Represented } from '../http/representation.js';
import { closeInputs } from './close-inputs.js';
import { DECLARED_SCHEMAS } from './declared-schema.decorator.js';
import { describeRules } from './describe-rules.js';
import { describeOperation, isDescribed } from './describe-operation.js';
import { ERROR_SCHEMAS, errorResponses } from './error-responses.js';
import type { Operation, PathItem } from './openapi.types.js';
import { pruneComponents } from './prune-components.js';

const PREFIX: Represented<string> = { plain: '/api', enveloped: '/api/v1' };

const DESCRIPTION: Represented<string> = {
  plain:
    'The plain representation: a success is the bare resource, an error is `application/problem+json` (RFC 9457).',
  enveloped:
    'The enveloped representation: a success is `{"success": true, "data": …}`, an error is ' +
    '`{"success": false, "error": {…}}`.',
};

/** Chapter → what it is about. */
export type Tags = Readonly<Record<string, string>>;

/** Both OpenAPI 3.1 documents of the application. They are made from its decorators; nothing has to run for it. */
export function buildDocuments(app: INestApplication, tags: Tags): Represented<OpenAPIObject> {
  describeRules();
  // Twice, as each document is made by editing what the scan found.
  return {
    plain: buildDocument(app, tags, 'plain'),
    enveloped: buildDocument(app, tags, 'enveloped'),
  };
}

function buildDocument(app: INestApplication, tags: Tags, representation: Representation): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, header(representation), {
    operationIdFactory: (_controller, method) => method,
    autoTagControllers: false,
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...DECLARED_SCHEMAS, ...ERROR_SCHEMAS[representation] },
    responses: errorResponses(representation),
  };
  document.paths = pathsOf(document, representation);
  document.tags = tagsOf(document, tags);
  pruneComponents(document);
  closeInputs(document);
  return sortKeys(document);
}

function header(representation: Representation): ReturnType<DocumentBuilder['build']> {
  return new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Supanest')
    .setVersion('1.0.0')
    .setDescription(DESCRIPTION[representation])
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addOAuth2(
      {
        type: 'oauth2',
        description: 'Sign in with e-mail and password.',
        flows: {
          password: {
            tokenUrl: `${PREFIX[representation]}/auth/token`,
            refreshUrl: `${PREFIX[representation]}/auth/token`,
            scopes: {},
          },
        },
      },
      'password',
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A pasted access token.' },
      'token',
    )
    .build();
}

/** The paths of one representation, each operation described in full. */
function pathsOf(document: OpenAPIObject, representation: Representation): OpenAPIObject['paths'] {
  const seen = new Set<string>();
  const paths: Record<string, PathItem> = {};
  for (const [path, item] of Object.entries<PathItem>(document.paths as Record<string, PathItem>)) {
    if (isEnveloped(path) !== (representation === 'enveloped')) continue;
    for (const [method, operation] of Object.entries<Operation>(item)) {
      if (!isDescribed(operation)) continue;
      const described = describeOperation(operation, representation, document);
      if (seen.has(described.operationId))
        throw new Error(`Two operations are named ${described.operationId}`);
      seen.add(described.operationId);
      (paths[path] ??= {})[method] = described;
    }
  }
  return paths;
}

/** The chapters that have operations, in alphabetical order. An unknown one is a mistake in a controller. */
function tagsOf(document: OpenAPIObject, tags: Tags): OpenAPIObject['tags'] {
  const used = Object.values(document.paths).flatMap((item) =>
    Object.values(item as PathItem).flatMap((operation) => operation.tags ?? []),
  );
  return [...new Set(used)].sort().map((name) => {
    const description = tags[name];
    if (description === undefined) throw new Error(`The tag ${name} is not described in app.tags.ts`);
    return { name, description };
  });
}

function isEnveloped(path: string): boolean {
  return path.startsWith(`${PREFIX.enveloped}/`);
}

/** Paths and schemas in alphabetical order, so that a change of the code is a small change of the file. */
function sortKeys(document: OpenAPIObject): OpenAPIObject {
  const sorted = <T extends object>(object: T): T =>
    Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
  return {
    ...document,
    paths: sorted(document.paths),
    components: { ...document.components, schemas: sorted(document.components?.schemas ?? {}) },
  };
}
