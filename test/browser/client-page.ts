import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { bundleForBrowsers } from '../../packages/client/scripts/bundle-size.ts';

/** A site of its own, with one page that uses the client. */
export interface ClientPage {
  /** Another origin than the API's. */
  origin: string;
  /** Of what the client is made where nothing else is asked for. */
  inputs: readonly string[];
  close(): void;
}

/** Serves `page.html`, and the client beside it, bundled as a user's bundler does it. */
export async function serveClientPage(): Promise<ClientPage> {
  const alias = {
    '@supanest/client/tensors': './packages/client/src/tensors/index.ts',
    '@supanest/client': './packages/client/src/index.ts',
  };
  const client = `export * from '@supanest/client';`;
  const { inputs } = await bundleForBrowsers(client, alias);
  const { code } = await bundleForBrowsers(`${client} export * from '@supanest/client/tensors';`, alias);
  const html = readFileSync(join(import.meta.dirname, 'page.html'));
  const server = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? code : html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${String(port)}`, inputs, close };
}
