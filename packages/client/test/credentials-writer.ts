/** One of several processes that write at the same time: `node credentials-writer.ts FILE NAME COUNT`. */
import { JsonCredentialsManager } from '../src/credentials/json.manager.ts';

const [file = '', name = '', count = '0'] = process.argv.slice(2);
const manager = new JsonCredentialsManager({ file });
await Promise.all(
  Array.from({ length: Number(count) }, async (_, index) => {
    const id = `${name}-${String(index)}`;
    await manager.set(id, { accessToken: 'first', refreshToken: id });
    await manager.update(id, `access of ${id}`);
  }),
);
