import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What a page may be made to load for the client: bytes, minified and compressed. */
export const LARGEST_BUNDLE_BYTES = 15_000;

/** A bundle as a page loads it. */
export interface Bundle {
  code: Uint8Array<ArrayBuffer>;
  /** Compressed as servers do. */
  gzipBytes: number;
  /** The files it was made of, from the root of the repository. */
  inputs: readonly string[];
}

/**
 * Bundles a module for browsers. What is not for them (`node:fs`, a database) makes it fail.
 * @param source - of a module that may import `@supanest/client` as a user does
 * @param alias - what to take in place of a package
 */
export async function bundleForBrowsers(source: string, alias: Record<string, string> = {}): Promise<Bundle> {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: root },
    absWorkingDir: root,
    alias,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const code = new Uint8Array(outputFiles[0]?.contents ?? []);
  return {
    code,
    gzipBytes: gzipSync(code, { level: 9 }).length,
    inputs: Object.keys(metafile.inputs).filter((path) => path !== '<stdin>'),
  };
}
