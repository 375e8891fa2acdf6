/**
 * Tries the package as its users get it, without a network: packed, unpacked into an empty project, compiled against with
 * both ways of resolving modules, imported path by path, and its command run. `npm run build` comes first.
 */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  name: string;
  bin: Record<string, string>;
  exports: Record<string, string | { types: string }>;
  dependencies?: Record<string, string>;
}

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const project = realpathSync(mkdtempSync(join(tmpdir(), 'supanest-user-')));
const modules = join(project, 'node_modules');
const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

try {
  const manifest = unpack();
  const dependencies = linkDependencies(manifest);
  console.log(`Packed, with ${String(dependencies.length)} packages: ${dependencies.join(', ')}`);
  compile(manifest);
  importEach(manifest);
  runCommand(manifest);
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** What a program prints. What it prints before it fails is shown. */
function run(file: string, args: string[], cwd = project): string {
  try {
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    console.error((error as { stdout?: string }).stdout);
    throw error;
  }
}

function unpack(): Manifest {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel', 'error', '--pack-destination', project];
  const [packed] = JSON.parse(run('npm', args, PACKAGE)) as { filename: string }[];
  const folder = join(modules, '@supanest/client');
  mkdirSync(folder, { recursive: true });
  const archive = join(project, packed?.filename.replace('@', '').replace('/', '-') ?? '');
  run('tar', ['-xzf', archive, '-C', folder, '--strip-components', '1']);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', type: 'module' }));
  return manifestIn(folder);
}

/** Everything it depends on, and nothing else. Answers the names. @throws Error when the API's framework is among them */
function linkDependencies(manifest: Manifest): string[] {
  const names: string[] = [];
  const add = (name: string, from: string): void => {
    const folder = folderOf(name, from);
    const target = join(modules, name);
    if (names.includes(name)) return;
    names.push(name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(folder, target, 'dir');
    for (const next of Object.keys(manifestIn(folder).dependencies ?? {})) add(next, folder);
  };
  for (const name of Object.keys(manifest.dependencies ?? {})) add(name, PACKAGE);
  const framework = names.filter((name) => /nest|fastify|supabase/.test(name));
  if (framework.length > 0) throw new Error(`A client does not need ${framework.join(', ')}`);
  return names;
}

/** Where a package is that another one sees. */
function folderOf(name: string, from: string): string {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  for (const place of places) {
    try {
      return realpathSync(join(place, name));
    } catch {
      // One further up.
    }
  }
  throw new Error(`${name} is not installed`);
}

function compile({ name, exports }: Manifest): void {
  const imports = Object.keys(exports).map(
    (path, index) => `import type * as m${String(index)} from '${name}${path.slice(1)}';`,
  );
  const use = `${imports.join('\n')}
import { createClient, type Operations } from '${name}';
const client = createClient({ url: 'https://api.example.com' });
export const credits: Promise<number> = client.getCredits().then((answer) => answer.credits);
// @ts-expect-error a balance is no text
export const wrong: Promise<string> = credits;
// @ts-expect-error there is no such parameter
export const unknown = client.listTransactions({ query: { nothing: 1 } });
export type All = [Operations, ${imports.map((_, index) => `typeof m${String(index)}`).join(', ')}];
`;
  writeFileSync(join(project, 'use.ts'), use);
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable'];
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const how = ['--module', module, '--moduleResolution', resolution];
    run(process.execPath, [compiler, ...options, ...how, 'use.ts']);
    console.log(`Compiles with moduleResolution ${resolution}`);
  }
}

function importEach({ name, exports }: Manifest): void {
  const paths = Object.entries(exports)
    .filter(([, target]) => typeof target === 'string')
    .map(([path]) => `${name}${path.slice(1)}`);
  const script = `for (const path of ${JSON.stringify(paths)}) {
    if (Object.keys(await import(path)).length === 0) throw new Error(path + ' exports nothing');
  }`;
  writeFileSync(join(project, 'import.js'), script);
  run(process.execPath, ['import.js']);
  console.log(`${String(paths.length)} paths can be imported`);
}

function runCommand({ bin }: Manifest): void {
  const [command = '', path = ''] = Object.entries(bin)[0] ?? [];
  const file = join(modules, '@supanest/client', path);
  if (!readFileSync(file, 'utf8').startsWith('#!/usr/bin/env node\n')) throw new Error('It is no command');
  const version = run(process.execPath, [file, '--version']).trim();
  if (!run(process.execPath, [file, '--help']).includes('Exit codes')) throw new Error('It does not help');
  console.log(`${command} ${version} runs`);
}
