/** Replaces a tensor by one that never ends, to be killed: `node endless-upload.ts URL KEY EMAIL PASSWORD HOME`. */
import { login } from '../../packages/client/src/connection/connection.ts';
import { JsonCredentialsManager } from '../../packages/client/src/credentials/json.manager.ts';

const [url, key, email, password, home = ''] = process.argv.slice(2);
const credentials = new JsonCredentialsManager({ folder: home });
const store = await login(email, password, url, key, { credentials, cwd: home, home });
let sent = 0;
const open = (): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: async (controller) => {
      controller.enqueue(new Uint8Array(65_536));
      sent += 65_536;
      if (sent === 1_048_576) console.log('on its way');
      await new Promise((resolve) => setTimeout(resolve, sent < 1_048_576 ? 0 : 50));
    },
  });
await store.set('kept', { dtype: 'uint8', shape: [1_000_000_000], open }, { overwrite: true });
