import { VERSION_NEUTRAL, VersioningType, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { TAGS } from './app.tags.js';
import type { Config, HttpConfig, LoadConfig } from './platform/config/config.js';
import { answerError } from './platform/errors/answer-error.js';
import { answerClientError } from './platform/errors/client-error.js';
import type { ApiRequest } from './platform/http/api-request.js';
import { addBodyParsers } from './platform/http/body-parsers.js';
import { addCors } from './platform/http/cors.js';
import { answerOddRequests, originForm } from './platform/http/odd-requests.js';
import { keepPathMethods } from './platform/http/path-methods.js';
import { addRequestHooks } from './platform/http/request.hooks.js';
import { requestIdOf } from './platform/http/request-id.js';
import { addSecurityHeaders } from './platform/http/security-headers.js';
import { dropUnreadBodies } from './platform/http/unread-bodies.js';
import { closeUnusedConnections } from './platform/http/unused-connections.js';
import { addListeningSockets } from './platform/load/listening-sockets.js';
import { shedLoad } from './platform/load/load-shedding.js';
import { addAccessLog } from './platform/logging/access-log.js';
import { NestLogger } from './platform/logging/logger.js';
import { serveDocs } from './platform/openapi/docs.js';

/** The application, configured and not yet listening: the same for production, for tests and for the OpenAPI files. */
export async function createApp(
  config: Config,
  logger: Logger,
  { guests = [], ...options }: { preview?: boolean; guests?: readonly Type[] } = {},
): Promise<NestFastifyApplication> {
  const nestLogger = new NestLogger(logger);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(config, guests),
    createAdapter(config.http, config.load, nestLogger),
    { ...options, logger: nestLogger, abortOnError: false, bodyParser: false },
  );
  await configureApp(app, config, logger);
  return app;
}

function createAdapter(http: HttpConfig, load: LoadConfig, logger: NestLogger): FastifyAdapter {
  return new FastifyAdapter({
    genReqId: requestIdOf,
    bodyLimit: http.bodyLimitBytes,
    trustProxy: http.trustProxy.length > 0 ? [...http.trustProxy] : false,
    // A client that is silent is cut off. How long a body may take differs: see `addBodyParsers`.
    connectionTimeout: 75_000,
    requestTimeout: 0,
    keepAliveTimeout: 72_000,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
    rewriteUrl: originForm,
    // What has none is refused in our own words: see `answerOddRequests`.
    http: {
      requireHostHeader: false,
      headersTimeout: load.headersTimeoutMs,
      // How often Node looks for those who are late.
      connectionsCheckingInterval: Math.ceil(load.headersTimeoutMs / 4),
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      answerError(error, request as ApiRequest, reply, logger),
  });
}

async function configureApp(app: NestFastifyApplication, config: Config, logger: Logger): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  keepPathMethods(fastify);
  addRequestHooks(fastify);
  closeUnusedConnections(fastify);
  dropUnreadBodies(fastify);
  addBodyParsers(fastify, config.load);
  addAccessLog(fastify, logger);
  const securityHeaders = await addSecurityHeaders(fastify);
  answerOddRequests(fastify);
  const corsHeaders = await addCors(fastify, config.http);
  addListeningSockets(fastify, config.http);
  shedLoad(fastify, config.load, { logger, headers: { ...securityHeaders, ...corsHeaders } });
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: [VERSION_NEUTRAL, '1'] });
  serveDocs(app, TAGS);
}
