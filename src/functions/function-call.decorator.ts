import { applyDecorators } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { Endpoint, type EndpointMethod } from '../platform/http/endpoint.decorator.js';
import { FunctionArgumentsDto } from './functions.dto.js';

const DESCRIPTION =
  "The function gets the request with the actor's Supabase token, and its answer is this answer, in both " +
  'representations alike: any status, content type and body, as it flows. Errors of this API itself are as everywhere: ' +
  'an unknown function is 404, one that cannot run or does not begin to answer in time 503.';

const OPTIONS_NOTE =
  "\n\nA browser's preflight request, which has `Origin` and `Access-Control-Request-Method`, is answered here and does not " +
  'reach the function.';

/** Methods whose requests may bring a body. */
const WITH_BODY: readonly EndpointMethod[] = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** A call of a function by one method. What is said and allowed is the same for all. */
export function FunctionCall(method: EndpointMethod, path: string, summary: string): MethodDecorator {
  const hasBody = WITH_BODY.includes(method);
  return applyDecorators(
    Endpoint(method, path, {
      access: 'user',
      summary,
      description: method === 'OPTIONS' ? DESCRIPTION + OPTIONS_NOTE : DESCRIPTION,
      answer: {
        contentType: '*/*',
        description: 'What the function answers.',
        example: { message: 'Hello Ada!' },
      },
      anyStatus: 'The function may answer with any other status, too.',
      neverEnveloped: true,
      streamsBody: true,
      refusals: ['not_found'],
      // A function reads whatever it likes; JSON is what most do.
      ...(hasBody ? { consumes: ['application/json', '*/*'] } : {}),
    }),
    ...(hasBody ? [ApiBody({ type: FunctionArgumentsDto, required: false })] : []),
  );
}
