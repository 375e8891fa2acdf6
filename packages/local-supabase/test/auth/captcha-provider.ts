import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands for hCaptcha and Turnstile, which are asked for the same and answer the same. One token is good: `solved`. */
export class FakeCaptchaProvider {
  readonly seen: Record<string, string>[] = [];
  readonly #server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(text));
      this.seen.push(form);
      const success = form.secret === 'the secret' && form.response === 'solved';
      response.end(JSON.stringify({ success, 'error-codes': success ? [] : ['invalid-input-response'] }));
    });
  });

  /** Where it listens, once it does. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/siteverify`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
