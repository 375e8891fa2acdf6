/** An answer that comes from the runtime and not from the function. */
export interface RuntimeAnswer {
  readonly status: number;
  readonly contentType: 'application/json' | 'text/plain';
  readonly body: string;
}

const json = (status: number, body: Record<string, unknown>): RuntimeAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(body),
});

/** The local runtime says `msg`, the hosted gateway `code` and `message`: clients find what they look for. */
const unauthorized = (code: string, message: string, msg = `Error: ${message}`): RuntimeAnswer =>
  json(401, { code, message, msg });

/** All answers of the runtime itself. 546 is Supabase's own status for an exhausted limit. */
export const RUNTIME_ANSWERS = {
  notFound: { status: 404, contentType: 'text/plain', body: 'Function not found' },
  missingToken: unauthorized('UNAUTHORIZED_NO_AUTH_HEADER', 'Missing authorization header'),
  notBearer: unauthorized('UNAUTHORIZED_INVALID_AUTH_HEADER', "Auth header is not 'Bearer {token}'"),
  invalidToken: unauthorized('UNAUTHORIZED_INVALID_JWT', 'Invalid JWT', 'Invalid JWT'),
  bootFailed: json(503, { code: 'BOOT_ERROR', message: 'Worker failed to boot (please check logs)' }),
  workerDied: json(500, {
    code: 'WORKER_ERROR',
    message: 'Function exited due to an error (please check logs)',
  }),
  limitReached: json(546, {
    code: 'WORKER_LIMIT',
    message: 'Worker failed to respond due to a resource limit (please check logs)',
  }),
  timedOut: json(504, { code: 'IDLE_TIMEOUT', message: 'The upstream server is timing out' }),
} as const satisfies Record<string, RuntimeAnswer>;
