import { mkdir, writeFile } from 'node:fs/promises';
import { createApp } from './app.setup.js';
import { TAGS } from './app.tags.js';
import { buildDocuments } from './platform/openapi/build-documents.js';
import { createLogger } from './platform/logging/logger.js';
import { loadConfig } from './platform/config/load-config.js';

/** Writes `openapi/openapi.json` and `openapi/openapi.v1.json`. Nothing is connected: the app is only previewed. */
const config = loadConfig({
  SUPABASE_URL: 'http://127.0.0.1:54321',
  SUPABASE_KEY: 'not used when only describing',
  SUPABASE_SECRET_KEY: 'not used when only describing',
  DATABASE_URL: 'postgresql://nobody@127.0.0.1/nothing',
});
const app = await createApp(config, createLogger('warn'), { preview: true });
const documents = buildDocuments(app, TAGS);
await mkdir('openapi', { recursive: true });
await writeFile('openapi/openapi.json', `${JSON.stringify(documents.plain, null, 2)}\n`);
await writeFile('openapi/openapi.v1.json', `${JSON.stringify(documents.enveloped, null, 2)}\n`);
await app.close();
