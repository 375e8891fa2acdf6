import { createHash, createHmac } from 'node:crypto';
import { request, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { AwsClient, AwsV4Signer } from 'aws4fetch';
import type { LocalSupabase } from '../../harness/worker.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The protocol with the project's keys, or (with a token) as somebody. */
export function s3Client({ s3, anonKey }: LocalSupabase, sessionToken?: string): AwsClient {
  if (!s3) throw new Error('The S3 protocol is switched off');
  const { accessKeyId, secretAccessKey, region } = s3;
  const keys =
    sessionToken === undefined
      ? { accessKeyId, secretAccessKey }
      : { accessKeyId: 'stub', secretAccessKey: anonKey, sessionToken };
  return new AwsClient({ ...keys, region, service: 's3', retries: 0 });
}

/** Opens a request to a path that nothing normalises; its body is yours to write. */
export function openS3(url: string, method: string, headers: Record<string, string>): ClientRequest {
  const [, hostname = '', port = '', path = ''] = /^http:\/\/([^:]+):(\d+)(.*)$/s.exec(url) ?? [];
  return request({ hostname, port, path, method, headers });
}

/** Sends a whole request and reads the whole answer. */
export function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = openS3(url, method, headers);
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => {
        const { statusCode: status = 0 } = response;
        resolve({ status, headers: response.headers, text: Buffer.concat(pieces).toString() });
      });
    });
    outgoing.end(body);
  });
}

/** What the elements of a name hold. */
export function textsOf(xml: string, element: string): string[] {
  return [...xml.matchAll(new RegExp(`<${element}>([^<]*)</`, 'g'))].map(([, inner = '']) => inner);
}

/** Status and code of a refusal. */
export async function refusalOf(answer: Response | Answer): Promise<[number, string | undefined]> {
  const text = typeof answer.text === 'string' ? answer.text : await answer.text();
  return [answer.status, textsOf(text, 'Code')[0]];
}

/** In base64, as in a header. */
export function crcOf(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString('base64');
}

/** Headers that sign an address exactly as it is, where `URL` would make another one of it. */
export function signAsIs({ s3 }: LocalSupabase, method: string, url: string): Record<string, string> {
  const { accessKeyId = '', secretAccessKey = '', region = '' } = s3 ?? {};
  const [, host = '', path = '', query = ''] = /^http:\/\/([^/]+)([^?]*)\??(.*)$/s.exec(url) ?? [];
  const parameters =
    query === '' ? [] : query.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`));
  const payload = 'UNSIGNED-PAYLOAD';
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const headers = { host, 'x-amz-content-sha256': payload, 'x-amz-date': time };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = [method, path, parameters.sort().join('&'), lines.join(''), names, payload].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const credential = `Credential=${accessKeyId}/${scope.join('/')}`;
  const signature = `Signature=${hmac(key, text).toString('hex')}`;
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${credential},SignedHeaders=${names},${signature}` };
}

/** The fields of a form that lets its holder upload what the conditions say. */
export function signedForm(
  { s3 }: LocalSupabase,
  conditions: readonly unknown[],
  expiration = new Date(Date.now() + 60_000).toISOString(),
): Record<string, string> {
  const { accessKeyId = '', secretAccessKey = '', region = '' } = s3 ?? {};
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return {
    policy,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': [accessKeyId, ...scope].join('/'),
    'x-amz-date': time,
    'x-amz-signature': hmac(key, policy).toString('hex'),
  };
}

/** An upload in signed chunks, by AWS's description of them and not by what is tested. */
export async function chunkedUpload(
  { s3 }: LocalSupabase,
  url: string,
  chunks: readonly string[],
  trailer?: { name: string; value: string },
): Promise<{ headers: Record<string, string>; body: string }> {
  const { accessKeyId = '', secretAccessKey = '', region = '' } = s3 ?? {};
  const payload = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? '-TRAILER' : ''}`;
  const signer = new AwsV4Signer({
    url,
    method: 'PUT',
    accessKeyId,
    secretAccessKey,
    region,
    service: 's3',
    headers: {
      'x-amz-content-sha256': payload,
      'x-amz-decoded-content-length': String(chunks.join('').length),
      ...(trailer && { 'x-amz-trailer': trailer.name }),
    },
  });
  const { headers } = await signer.sign();
  const time = headers.get('x-amz-date') ?? '';
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  let signature = /Signature=(\w+)/.exec(headers.get('authorization') ?? '')?.[1] ?? '';
  const sign = (algorithm: string, ...lines: string[]): string => {
    const text = [algorithm, time, scope.join('/'), signature, ...lines].join('\n');
    return (signature = hmac(key, text).toString('hex'));
  };
  let body = '';
  for (const chunk of [...chunks, '']) {
    const signed = sign('AWS4-HMAC-SHA256-PAYLOAD', sha256(''), sha256(chunk));
    body += `${chunk.length.toString(16)};chunk-signature=${signed}\r\n`;
    if (chunk !== '') body += `${chunk}\r\n`;
  }
  if (trailer) {
    body += `${trailer.name}:${trailer.value}\r\n`;
    const signed = sign('AWS4-HMAC-SHA256-TRAILER', sha256(`${trailer.name}:${trailer.value}\n`));
    body += `x-amz-trailer-signature:${signed}\r\n`;
  }
  return { headers: Object.fromEntries(headers), body: `${body}\r\n` };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
