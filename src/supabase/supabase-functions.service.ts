import { Injectable } from '@nestjs/common';
import { SupabaseConfig } from '../platform/config/config.js';
import { AppError } from '../platform/errors/app-error.js';
import { invalidFields, unavailable } from '../platform/errors/errors.js';
import { functionAnswer } from './function-answer.js';
import { functionBody, type FunctionBody } from './function-body.js';
import { FirstAnswer } from './first-answer.js';
import { SupabaseClients, type Behind } from './supabase-clients.service.js';

/** How a function is called. */
export type InvokeMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** The names of functions, as the Supabase CLI allows them: no path is among them. */
export const FUNCTION_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$/;

/** Edge Functions of Supabase. */
@Injectable()
export class SupabaseFunctions {
  constructor(
    private readonly clients: SupabaseClients,
    private readonly config: SupabaseConfig,
  ) {}

  /**
   * Calls a function. The answer is the function's own, whatever its status, and its body has not been read: it streams.
   * @param input.invokeMethod default `POST`
   * @param input.body a stream, bytes or text as they are; anything else as JSON. None with `GET` and `HEAD`
   * @param input.headers for the function; they cannot replace the token and the key
   * @param input.path what follows the name in the URL, encoded and with its slash
   * @param input.query its query, without the question mark
   * @param input.signal ends the call, also while the answer streams
   * @throws AppError `validation` for a name or a path that is none, `not_found` for an unknown function, `authentication` when
   * Supabase refuses the token, `unavailable` when the function does not start, dies, or takes too long to begin its answer
   */
  async invokeFunction(
    input: {
      functionName: string;
      path?: string;
      invokeMethod?: InvokeMethod;
      body?: FunctionBody;
      headers?: Readonly<Record<string, string>>;
      query?: string;
      signal?: AbortSignal;
    } & Behind,
  ): Promise<Response> {
    const { functionName, path = '', invokeMethod = 'POST', query = '', authToken, address } = input;
    if (!FUNCTION_NAME.test(functionName)) {
      throw invalidFields([{ field: 'name', message: 'name must be the name of a function' }]);
    }
    if (!isPathBelow(path)) {
      throw invalidFields([{ field: 'path', message: 'path must be a path below the function' }]);
    }
    const within = new FirstAnswer(this.config.functionTimeoutMs, input.signal);
    const { body, contentType } = functionBody(invokeMethod, input.body, () => within.expect());
    const url = `${this.clients.functionsUrl}/${functionName}${path}${query === '' ? '' : `?${query}`}`;
    const headers = new Headers(input.headers);
    if (contentType !== undefined && !headers.has('content-type')) headers.set('content-type', contentType);
    // What is compressed here would have to be unpacked on the way.
    headers.set('accept-encoding', 'identity');
    // What was sent to us in these is not the function's.
    headers.delete('authorization');
    for (const [name, value] of Object.entries(this.clients.policyHeaders({ authToken, address })))
      headers.set(name, value);
    try {
      return await functionAnswer(
        // A redirect is the function's answer; followed, it would take the token along.
        await fetch(url, {
          method: invokeMethod,
          headers,
          redirect: 'manual',
          signal: within.signal,
          ...body,
        }),
      );
    } catch (cause) {
      throw cause instanceof AppError || within.wasLeft ? cause : unavailable(undefined, { cause });
    } finally {
      within.arrived();
    }
  }
}

/** What would lead out of the function, or break its path off. */
const CLIMBS = /(?:^|[/\\])\.{1,2}(?:[/\\]|$)|\p{Cc}/u;

/** Whether a path stays below the function, whoever decodes it on the way and however often. */
function isPathBelow(path: string): boolean {
  if (path === '') return true;
  if (!/^\/[^?#\\]*$/.test(path)) return false;
  for (let text = path, last = ''; text !== last;) {
    if (CLIMBS.test(text)) return false;
    last = text;
    try {
      text = decodeURIComponent(text);
    } catch {
      // What was sent must decode; what somebody has encoded in it need not.
      return last !== path;
    }
  }
  return true;
}
