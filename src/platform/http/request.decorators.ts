import { createParamDecorator, type ExecutionContext, type Type } from '@nestjs/common';
import { internal, unauthenticated } from '../errors/errors.js';
import type { Actor, Identity } from './actor.js';
import type { ApiReply, ApiRequest } from './api-request.js';
import { ENDPOINT, type EndpointMetadata } from './endpoint.decorator.js';
import { PageAnswer } from './pages.js';
import { validateInput } from './validate-input.js';
import type { Representation } from './representation.js';

const requestOf = (context: ExecutionContext): ApiRequest => context.switchToHttp().getRequest<ApiRequest>();

/** The actor of a `user` or `admin` endpoint. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { actor } = requestOf(context);
  if (!actor) throw unauthenticated();
  return actor;
});

/** The verified token of a `user` or `admin` endpoint. */
export const CurrentIdentity = createParamDecorator((_: unknown, context: ExecutionContext): Identity => {
  const { identity } = requestOf(context);
  if (!identity) throw unauthenticated();
  return identity;
});

/** Which of the two representations was asked for. */
export const AskedRepresentation = createParamDecorator(
  (_: unknown, context: ExecutionContext): Representation => requestOf(context).representation,
);

/** The caller's address: the socket's, or `X-Forwarded-For` as far as the proxies are trusted. */
export const ClientAddress = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => requestOf(context).ip,
);

/** The id of this request, as in `X-Request-Id`. */
export const RequestId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => requestOf(context).id,
);

/** The body of an endpoint whose two representations take different bodies (`EndpointOptions.body`), validated. */
export const RepresentedBody = createParamDecorator((_: unknown, context: ExecutionContext): object => {
  const request = requestOf(context);
  const endpoint = Reflect.getMetadata(ENDPOINT, context.getHandler()) as EndpointMetadata | undefined;
  const shape: Type<object> | undefined = endpoint?.body?.[request.representation];
  if (!shape) throw internal(new Error(`${context.getHandler().name} declares no represented body`));
  return validateInput(shape, request.body);
});

/** Answers one page of a list, with its neighbours in the headers. */
export const Pages = createParamDecorator((_: unknown, context: ExecutionContext): PageAnswer => {
  const http = context.switchToHttp();
  return new PageAnswer(http.getRequest<ApiRequest>(), http.getResponse<ApiReply>());
});
