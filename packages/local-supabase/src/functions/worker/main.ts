import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { env } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { denoGlobal, edgeRuntimeGlobal } from './deno.global.ts';
import { FetchedImports } from './fetched.imports.ts';
import { ImportMap } from './import.map.ts';
import { ImportResolver } from './import.resolver.ts';
import { LenientResponse } from './lenient.response.ts';
import { registerModuleHooks } from './module.hooks.ts';
import { endWithParent } from './orphan.watch.ts';
import { PackageResolver } from './package.resolver.ts';
import { askParent } from './parent.line.ts';
import { remoteOf, toRequest, writeResponse } from './request.bridge.ts';
import { Serving } from './serving.ts';
import { WebSockets } from './web.sockets.ts';
import type { Handler } from './serving.ts';
import type { WorkerCommand, WorkerInput, WorkerMessage } from './worker.messages.types.ts';

const input = JSON.parse(process.argv.pop() ?? '') as WorkerInput;
const tell = (message: WorkerMessage): void => void process.send?.(message);
const serving = new Serving();
const webSockets = new WebSockets();

async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const caller = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) caller.abort();
  });
  try {
    const response = await serving.answer(toRequest(incoming, caller.signal), remoteOf(incoming));
    await writeResponse(response, outgoing, incoming.method === 'HEAD');
  } catch (error) {
    if (!caller.signal.aborted) console.error(error);
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error');
  }
}

const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
// Long answers are the caller's business; his time is measured on the other side.
server.requestTimeout = 0;
server.headersTimeout = 0;
server.on('upgrade', (incoming, socket, head) => {
  void webSockets.handle(serving, incoming, socket, head).catch((error: unknown) => {
    console.error(error);
    socket.destroy();
  });
});

async function boot(): Promise<void> {
  const fetched = new FetchedImports(askParent);
  const packages = new PackageResolver(input.packageRoots, fetched);
  const folder = pathToFileURL(input.fetchedPackages).href;
  const importMap = ImportMap.read(input.importMap, (file) =>
    tell({ type: 'file', path: fileURLToPath(file) }),
  );
  const imports = new ImportResolver(importMap, packages, fetched, folder);
  registerModuleHooks(imports, fetched, (path) => tell({ type: 'file', path }));
  const loaded = (await import(pathToFileURL(input.entrypoint).href)) as { default?: { fetch?: Handler } };
  const { default: exported } = loaded;
  if (!serving.isReady && typeof exported?.fetch === 'function') serving.serve(exported.fetch.bind(exported));
  if (!serving.isReady) throw new Error(`${input.name} serves nothing: call Deno.serve(handler)`);
  await new Promise<void>((resolve) => server.listen(input.socketPath, resolve));
  tell({ type: 'ready' });
}

process.on('message', ({ type }: WorkerCommand) => {
  if (type === 'ping') tell({ type: 'pong', externalBytes: process.memoryUsage().external });
  else server.close(() => void serving.settled().then(() => tell({ type: 'drained' })));
});
endWithParent();

// Deno's names.
Object.assign(globalThis, {
  Deno: denoGlobal(serving, webSockets, env),
  EdgeRuntime: edgeRuntimeGlobal(serving),
  Response: LenientResponse,
});
// The runtime's own experiments are not the function's concern.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.warn(warning);
});
// No function ends the server or another function by mistake.
process.kill = () => {
  throw new Error('process.kill is not available in Edge Functions');
};

boot().catch((error: unknown) => {
  console.error(error);
  tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
});
