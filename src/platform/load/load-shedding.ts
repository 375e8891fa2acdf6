import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { LoadConfig } from '../config/config.js';
import { takeLongestWait } from '../database/batch-wait.js';
import { sendError } from '../errors/answer-error.js';
import { unavailable } from '../errors/errors.js';
import { endpointOf, type ApiRequest } from '../http/api-request.js';
import { isAlwaysServed, refuseEarly } from './early-refusal.js';
import { RequestLoad } from './request-load.js';

const MEASURE_EVERY_MS = 20;
const REPORT_EVERY_MS = 1_000;

/** One for all: making an error, with its stack, would be a good part of what a refusal costs. */
const BUSY = unavailable('The service is busy. Try again later.');

/**
 * Refuses what would only wait: with 503 and `Retry-After`, before the token is looked at and before anything is counted or
 * charged. Health is always told. To be called behind whatever sets headers on each answer.
 *
 * A request counts from when its body is there, so that slow clients take nobody's place, until its answer begins, so that
 * streams do not either.
 * @param headers what every answer has
 */
export function shedLoad(
  fastify: FastifyInstance,
  config: LoadConfig,
  { logger, headers }: { logger: Logger; headers: Readonly<Record<string, string>> },
): void {
  const load = new RequestLoad(config);
  const begun = new WeakSet<FastifyRequest>();
  const report = new Report(load, logger);
  const stop = watchEventLoop((loopMs, overMs) => {
    load.measure({ loopMs, databaseMs: takeLongestWait() }, overMs);
    report.tell();
  });
  fastify.addHook('onClose', (_instance, done) => {
    stop();
    done();
  });

  refuseEarly(fastify, {
    error: BUSY,
    headers,
    isDue: () => load.isFull,
    refused: () => {
      report.refused += 1;
    },
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!load.isFull || isAlwaysServed(endpointOf(request))) {
      done();
      return;
    }
    report.refused += 1;
    sendError(BUSY, request as ApiRequest, reply);
  });
  const end = (request: FastifyRequest): void => {
    if (begun.delete(request)) load.end();
  };
  fastify.addHook('preHandler', (request, reply, done) => {
    // What is streamed from the client takes as long as the client does.
    if (!endpointOf(request)?.streamsBody) {
      load.begin();
      begun.add(request);
      // When the client has left, or was answered past Fastify.
      reply.raw.once('close', () => end(request));
    }
    done();
  });
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    end(request);
    done(null, payload);
  });
}

/** Tells how late a timer was, and how long ago it was looked at before, again and again, until it is stopped. */
function watchEventLoop(tell: (delayMs: number, overMs: number) => void): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const overMs = performance.now() - last;
    last += overMs;
    tell(Math.max(0, overMs - MEASURE_EVERY_MS), overMs);
  }, MEASURE_EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** One line a second for all that was refused: a line for each would be work, too. */
class Report {
  refused = 0;
  private last = 0;

  constructor(
    private readonly load: RequestLoad,
    private readonly logger: Logger,
  ) {}

  tell(): void {
    if (this.refused === 0 || performance.now() - this.last < REPORT_EVERY_MS) return;
    const { requests, delayMs } = this.load;
    this.logger.warn({ msg: 'busy', refused: this.refused, requests, delay_ms: Math.round(delayMs) });
    this.refused = 0;
    this.last = performance.now();
  }
}
