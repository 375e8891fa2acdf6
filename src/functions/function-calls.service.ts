import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { SupabaseSession } from '../auth/sessions/supabase-session.service.js';
import { unauthenticated } from '../platform/errors/errors.js';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';
import { sendPassed } from '../platform/http/passed-stream.js';
import { SupabaseFunctions, type InvokeMethod } from '../supabase/supabase-functions.service.js';
import { headersForFunction, headersFromFunction } from './passed-headers.js';

/** Passes requests on to functions and their answers back, both as they flow. */
@Injectable()
export class FunctionCalls {
  constructor(
    private readonly sessions: SupabaseSession,
    private readonly functions: SupabaseFunctions,
  ) {}

  /** Answers a request with what the function answers: its status, its content type and its body. */
  async relay(functionName: string, request: ApiRequest, reply: ApiReply): Promise<void> {
    const { identity, raw, ip } = request;
    if (!identity) throw unauthenticated();
    const left = new AbortController();
    const leave = (): void => left.abort(new Error('The client has left'));
    // It may have gone away while it was admitted.
    if (reply.raw.closed) leave();
    else reply.raw.once('close', leave);
    allowSilence(request, reply);
    const answer = await this.functions
      .invokeFunction({
        functionName,
        path: pathBelow(request),
        invokeMethod: request.method as InvokeMethod,
        headers: headersForFunction(raw.headers),
        query: /\?(.*)$/s.exec(request.url)?.[1] ?? '',
        ...(hasBody(request) ? { body: Readable.toWeb(raw) as ReadableStream<Uint8Array> } : {}),
        signal: left.signal,
        authToken: await this.sessions.accessTokenOf(identity),
        address: ip,
      })
      .catch((error: unknown) => {
        if (left.signal.aborted) return undefined;
        throw error;
      });
    // Nobody is there to hear it.
    if (!answer) reply.hijack();
    else {
      const { status, body } = answer;
      const headers = headersFromFunction(answer.headers, reply.getHeader('vary'));
      // To HEAD, Fastify takes no null.
      const nothing = request.method === 'HEAD' ? Readable.from([]) : null;
      if (body) sendPassed(reply, { status, headers, stream: Readable.fromWeb(body) });
      else await reply.code(status).headers(headers).send(nothing);
    }
  }
}

const hasBody = ({ headers }: ApiRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** What follows the function's name in the URL, as it was sent: only the function knows what it means by it. */
function pathBelow({ url, routeOptions }: ApiRequest): string {
  const before = routeOptions.url?.split('/').indexOf(':name') ?? -1;
  const [path = ''] = url.split(/[?#]/, 1);
  const below = path
    .split('/')
    .slice(before + 1)
    .join('/');
  return below === '' ? '' : `/${below}`;
}

/** A function may think, and pause, for longer than a client may be silent: other limits hold for it. */
function allowSilence(request: ApiRequest, { raw }: ApiReply): void {
  if (hasBody(request)) request.raw.once('end', () => raw.setTimeout(0));
  else raw.setTimeout(0);
}
