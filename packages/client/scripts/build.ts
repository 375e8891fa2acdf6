/** Builds `dist`: ES modules with their types, and the API's types beside them. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const place = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

rmSync(place('dist'), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', place('tsconfig.build.json')], { stdio: 'inherit' });
copyFileSync(place('../../openapi/openapi.d.ts'), place('dist/openapi.d.ts'));

// The compiler rewrites the specifiers of what runs, and leaves those of the types.
for (const file of globSync(place('dist/**/*.d.ts'))) {
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/(from '|import\(")(\.{1,2}\/[^'"]+)\.ts/g, '$1$2.js'),
  );
}
