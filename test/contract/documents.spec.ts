import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  security: Record<string, string[]>[];
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown }> };
  responses: Record<string, Response>;
}
interface Response {
  $ref?: string;
  description?: string;
  headers?: Record<string, unknown>;
  content?: Record<string, { schema: Schema; example?: unknown }>;
}
interface Schema {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  oneOf?: Schema[];
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

let api: Api;
const documents: Record<string, Document> = {};

beforeAll(async () => {
  api = await startApi();
  for (const file of ['openapi.json', 'openapi.v1.json']) {
    documents[file] = (await (await fetch(`${api.url}/${file}`)).json()) as Document;
  }
});
afterAll(() => api.close());

const operationsOf = (file: string): [string, Operation][] =>
  Object.entries(documents[file]?.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

/** Whoever opens a route to everybody writes it down here. */
const PUBLIC = [
  'GET /auth/callback',
  'GET /auth/oauth/{provider}',
  'POST /auth/id-token',
  'POST /auth/sso',
  'GET /health',
  'GET /tiers',
  'POST /auth/anonymous',
  'POST /auth/login',
  'POST /auth/otp',
  'POST /auth/otp/verify',
  'POST /auth/password-reset',
  'POST /auth/refresh',
  'POST /auth/signup',
  'POST /auth/token',
  'POST /login',
  'POST /register',
];

describe.each([
  ['openapi.json', '/api'],
  ['openapi.v1.json', '/api/v1'],
])('%s', (file, prefix) => {
  it('should be the committed file', () => {
    expect(documents[file]).toEqual(JSON.parse(readFileSync(`openapi/${file}`, 'utf8')));
  });

  it('should be OpenAPI 3.1 and hold its own representation only', () => {
    expect(documents[file]?.openapi).toBe('3.1.0');
    const paths = Object.keys(documents[file]?.paths ?? {});
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.every((path) => path.startsWith('/api/v1/') === (prefix === '/api/v1'))).toBe(true);
  });

  it('should open to everybody exactly the routes that are meant to be open', () => {
    const open = operationsOf(file)
      .filter(([, operation]) => operation.security.length === 0)
      .map(([name]) => name.replace(prefix, ''));
    expect(open.sort()).toEqual([...PUBLIC].sort());
  });

  it('should describe every operation in full', () => {
    const ids = new Set<string>();
    for (const [name, operation] of operationsOf(file)) {
      expect({ name, id: operation.operationId }).toMatchObject({
        id: expect.stringMatching(/^[a-z][A-Za-z]+$/),
      });
      expect(ids.has(operation.operationId)).toBe(false);
      ids.add(operation.operationId);
      expect(operation.tags).toHaveLength(1);
      expect(operation.summary.length).toBeGreaterThan(5);
      for (const [type, body] of Object.entries(operation.requestBody?.content ?? {})) {
        expect({ name, type, example: body.example }).toMatchObject({ example: expect.anything() });
      }
    }
  });

  it('should give each success a concrete schema, an example and the id of the request', () => {
    for (const [name, operation] of operationsOf(file)) {
      const [status, success] =
        Object.entries(operation.responses).find(([code]) => code.startsWith('2')) ?? [];
      expect({ name, status, headers: Object.keys(success?.headers ?? {}) }).toMatchObject({
        headers: expect.arrayContaining(['X-Request-Id']),
      });
      for (const [type, media] of Object.entries(success?.content ?? {})) {
        if (type !== 'application/json') continue;
        expect({ name, example: media.example }).toMatchObject({ example: expect.anything() });
        expect({ name, concrete: isConcrete(media.schema) }).toEqual({ name, concrete: true });
      }
    }
  });

  it('should say of which type each parameter and property is', () => {
    const typed = ['type', '$ref', 'oneOf', 'anyOf', 'allOf', 'enum'];
    const untyped = (schema: object): boolean => !typed.some((word) => word in schema);
    const { paths, components } = documents[file] as unknown as {
      paths: Record<string, Record<string, { parameters?: { name: string; schema: object }[] }>>;
      components: Document['components'];
    };
    const parameters = Object.values(paths)
      .flatMap((item) => Object.values(item))
      .flatMap((operation) => operation.parameters ?? []);
    const properties = Object.values(components.schemas).flatMap((schema) =>
      Object.entries(schema.properties ?? {}),
    );
    expect(parameters.length).toBeGreaterThan(50);
    expect(parameters.filter(({ schema }) => untyped(schema))).toEqual([]);
    expect(properties.filter(([, schema]) => untyped(schema))).toEqual([]);
  });

  it('should document the refusals that follow from access and input', () => {
    const invalid = prefix === '/api' ? '400' : '422';
    for (const [name, operation] of operationsOf(file)) {
      const statuses = Object.keys(operation.responses);
      const expected = [
        '500',
        ...(operation.security.length > 0 ? ['401', '403', '429', '503'] : []),
        // The OAuth2 token answer follows its own standard, also in what it refuses.
        ...(operation.requestBody ? [name.endsWith('/auth/token') ? '400' : invalid, '413', '415'] : []),
      ];
      expect({ name, statuses }).toMatchObject({ statuses: expect.arrayContaining(expected) });
    }
  });
});

describe('inputs', () => {
  it('should be described with the limits they are held to', () => {
    const { paths, components } = documents['openapi.json'] as unknown as {
      paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
      components: Document['components'];
    };
    expect(components.schemas.LoginBody?.properties?.password).toMatchObject({ minLength: 1 });
    expect(paths['/api/users']?.get?.parameters.find(({ name }) => name === 'tier')).toMatchObject({
      schema: { pattern: '^[a-z][a-z0-9_-]{0,39}$' },
    });
  });

  it('should need a body only where it has a property that is required', () => {
    const paths = documents['openapi.json']?.paths;
    expect(paths?.['/api/users/{id}']?.patch?.requestBody).toMatchObject({ required: false });
    expect(paths?.['/api/auth/login']?.post?.requestBody).toMatchObject({ required: true });
  });
});

/** A schema with a name, or an array of one; never a bare `object`. */
function isConcrete(schema: Schema): boolean {
  if (schema.type === 'array') return isConcrete((schema as { items: Schema }).items);
  if (schema.oneOf) return schema.oneOf.every(isConcrete);
  return schema.$ref?.startsWith('#/components/schemas/') ?? false;
}

describe('the envelope', () => {
  it('should wrap what the plain document answers, with a schema of its own', () => {
    const schemas = documents['openapi.v1.json']?.components.schemas ?? {};
    const envelopes = Object.entries(schemas).filter(
      ([name]) => name.endsWith('Envelope') && name !== 'ErrorEnvelope',
    );
    expect(envelopes.length).toBeGreaterThan(5);
    for (const [, schema] of envelopes)
      expect(Object.keys(schema.properties ?? {})).toEqual(['success', 'data']);
  });
});
