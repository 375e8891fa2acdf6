import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

interface FakePackage {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
}

const semver = (version: string): FakePackage => ({
  manifest: {
    version,
    exports: { '.': './index.js', './deep': './deep.js' },
    peerDependencies: { 'fake-peer': '*' },
  },
  files: {
    'index.js': `export const version = '${version}'; export { id as peer } from 'fake-peer';`,
    'deep.js': `export const deep = 'deep';`,
  },
});

const PACKAGES: Readonly<Record<string, readonly FakePackage[]>> = {
  semver: [semver('5.0.0'), semver('5.1.2'), semver('5.2.0')],
  'fake-peer': [
    {
      manifest: { version: '1.0.0', main: 'main.cjs' },
      files: { 'main.cjs': 'exports.id = Symbol("peer");' },
    },
  ],
  '@jsr/fake__lib': [
    {
      manifest: { version: '1.4.0', exports: './mod.js' },
      files: { 'mod.js': `export const scoped = 'of JSR';` },
    },
  ],
};

const MODULES: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/v1/mod.ts': [
    'application/typescript',
    `export * from './dir/answer.ts'; export { default as data } from '../data.json' with { type: 'json' };
     export const place: string = import.meta.url;`,
  ],
  '/v1/dir/answer.ts': [
    'text/plain',
    'enum Answers { Right = 42 } export const answer: number = Answers.Right;',
  ],
  '/v1/imports-absent.ts': ['text/plain', `export { x as default } from './absent.ts';`],
  '/data.json': ['application/json', '{"n": 1}'],
  '/page': ['text/html', '<p>a page</p>'],
};

/** Registries of packages and a server of modules, in one. */
export class FakeOutside {
  readonly #server = createServer(({ url = '' }, response) => {
    const path = decodeURIComponent(url);
    if (path === '/silent.ts') return;
    if (path === '/latest/mod.ts') {
      response.writeHead(302, { location: '/v1/mod.ts' }).end();
      return;
    }
    const found = MODULES[path] ?? this.#ofRegistry(path);
    if (found) response.writeHead(200, { 'content-type': found[0] }).end(found[1]);
    else response.writeHead(404).end();
  });
  #url = '';

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.#url;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #ofRegistry(path: string): readonly [string, string | Buffer] | undefined {
    const [, archived, version] = /^\/archives\/(.+)-([\d.]+)\.tgz$/.exec(path) ?? [];
    if (archived !== undefined) {
      const found = PACKAGES[archived]?.find(({ manifest }) => manifest.version === version);
      return found && ['application/octet-stream', archive(archived, found)];
    }
    // Packages of JSR come from the registry that the .npmrc names, and from nowhere else.
    const name = path.startsWith('/@jsr/') ? '' : path.replace(/^\/(?:jsr\/)?/, '');
    const packages = PACKAGES[name];
    return packages && ['application/json', this.#packument(name, packages)];
  }

  #packument(name: string, packages: readonly FakePackage[]): string {
    const versions = packages.map((one) => {
      const version = String(one.manifest.version);
      const integrity = `sha512-${createHash('sha512').update(archive(name, one)).digest('base64')}`;
      const dist = { tarball: `${this.#url}/archives/${name}-${version}.tgz`, integrity };
      return [version, { name, ...one.manifest, dist }];
    });
    return JSON.stringify({
      name,
      'dist-tags': { latest: packages.at(-1)?.manifest.version },
      versions: Object.fromEntries(versions) as object,
    });
  }
}

/** As `npm pack` makes it. */
function archive(name: string, { manifest, files }: FakePackage): Buffer {
  const content = { 'package.json': JSON.stringify({ name, type: 'module', ...manifest }), ...files };
  const entries = Object.entries(content).map(([path, text]) => entry(`package/${path}`, Buffer.from(text)));
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));
}

/** A file in a tar archive: a header of 512 bytes, and its bytes filled up to a multiple of that. */
function entry(path: string, bytes: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(path, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(bytes.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
