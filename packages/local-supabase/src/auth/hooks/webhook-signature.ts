import { createHmac, randomUUID } from 'node:crypto';

/** The headers by which a receiver knows who sends a body, and when: https://www.standardwebhooks.com */
export function signedHeaders(
  body: string,
  secrets: readonly Buffer[],
  now: Date = new Date(),
): Record<string, string> {
  const id = randomUUID();
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const sign = (secret: Buffer): string =>
    `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map(sign).join(' '),
  };
}
