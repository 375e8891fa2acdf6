import createClient, { type Client } from 'openapi-fetch';
import type { paths as EnvelopedPaths } from '../../openapi/openapi.v1.js';
import type { paths as PlainPaths } from '../../openapi/openapi.js';
import type { Caller } from './caller.js';
import { expectDocumented } from './worker.js';

/**
 * The client that a frontend team generates from the committed documents: a contract that is awkward to use hurts its
 * authors first. Its types are made by openapi-typescript, its calls by openapi-fetch.
 */
export function plainClient(caller: Caller): Client<PlainPaths> {
  return typed<PlainPaths>(caller);
}

export function envelopedClient(caller: Caller): Client<EnvelopedPaths> {
  return typed<EnvelopedPaths>(caller);
}

function typed<Paths extends object>(caller: Caller): Client<Paths> {
  const client = createClient<Paths>({
    baseUrl: caller.url,
    headers: {
      'x-forwarded-for': caller.address,
      ...(caller.token === undefined ? {} : { authorization: `Bearer ${caller.token}` }),
    },
  });
  client.use({
    async onResponse({ request, response }) {
      const { pathname } = new URL(request.url);
      const text = await response.clone().text();
      const json = response.headers.get('content-type')?.includes('json') ?? false;
      expectDocumented(request.method, pathname, response.status, json ? JSON.parse(text) : text);
    },
  });
  return client;
}
