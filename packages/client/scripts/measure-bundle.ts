/**
 * Measures what a page loads for the whole of `@supanest/client`, and ends with 1 when that is more than it may be, or not
 * what the documents say; `--write` makes them say it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { bundleForBrowsers, LARGEST_BUNDLE_BYTES } from './bundle-size.ts';

/** Compression differs a little between versions of zlib. */
const TOLERANCE_KB = 0.2;
const STATED = /(@supanest\/client` is )([\d.]+)( kB)/;
const DOCUMENTS = ['../README.md', '../../../docs/frontend.md'].map((path) => new URL(path, import.meta.url));

const { gzipBytes } = await bundleForBrowsers(`export * from '@supanest/client';`);
const kilobytes = (gzipBytes / 1_000).toFixed(1);
console.log(`Browser bundle: ${kilobytes} kB of at most ${String(LARGEST_BUNDLE_BYTES / 1_000)} kB`);

if (process.argv.includes('--write')) {
  for (const document of DOCUMENTS) {
    const text = readFileSync(document, 'utf8');
    writeFileSync(document, text.replace(STATED, `$1${kilobytes}$3`));
  }
}
const faults = [
  ...(gzipBytes > LARGEST_BUNDLE_BYTES ? [`The bundle has grown to ${String(gzipBytes)} bytes.`] : []),
  ...DOCUMENTS.filter((document) => !isStated(readFileSync(document, 'utf8'))).map(
    ({ pathname }) => `${pathname} states another size: npm run size -w @supanest/client`,
  ),
];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function isStated(text: string): boolean {
  const stated = Number(STATED.exec(text)?.[2]);
  return Math.abs(stated - Number(kilobytes)) < TOLERANCE_KB;
}
