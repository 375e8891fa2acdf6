/** One of several processes with one session: `node shared-session.ts URL FILE`. Prints how often it has refreshed. */
import { createClient } from '../../packages/client/src/client/create-client.ts';
import { JsonCredentialsManager } from '../../packages/client/src/credentials/json.manager.ts';

const [url = '', file = ''] = process.argv.slice(2);
let refreshes = 0;
const client = createClient({
  url,
  credentials: new JsonCredentialsManager({ file }),
  fetch: (input, init) => {
    if (new URL(input instanceof Request ? input.url : input).pathname.endsWith('/refresh')) refreshes++;
    return fetch(input, init);
  },
});
await Promise.all([client.getCredits(), client.getCredits()]);
console.log(refreshes);
