import { Controller, Param, Req, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';
import { Endpoint, type EndpointOptions } from '../platform/http/endpoint.decorator.js';
import { FunctionArgumentsDto, FunctionParam } from './functions.dto.js';
import { FunctionCalls } from './function-calls.service.js';

/** What holds for a call by any method. */
const CALL = {
  access: 'user',
  description:
    "The function gets the request with the actor's Supabase token, and its answer is this answer, in both " +
    'representations alike: any status, content type and body, as it flows. Errors of this API itself are as everywhere: ' +
    'an unknown function is 404, one that cannot run 503.',
  answer: {
    contentType: '*/*',
    description: 'What the function answers. It may have any other status, too.',
  },
  neverEnveloped: true,
  streamsBody: true,
  refusals: ['not_found'],
} satisfies Omit<EndpointOptions, 'summary'>;

/** A function reads whatever it likes; JSON is what most do. */
const ANY_BODY = { ...CALL, consumes: ['application/json', '*/*'] };

@ApiTags('Functions')
@Controller('functions/:name')
export class FunctionsController {
  constructor(private readonly calls: FunctionCalls) {}

  @Endpoint('GET', '', { ...CALL, summary: 'Call an Edge Function' })
  invokeFunctionByGet(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @Endpoint('POST', '', { ...ANY_BODY, summary: 'Call an Edge Function with a body' })
  @ApiBody({ type: FunctionArgumentsDto, required: false })
  invokeFunctionByPost(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @Endpoint('PUT', '', { ...ANY_BODY, summary: 'Call an Edge Function by PUT' })
  @ApiBody({ type: FunctionArgumentsDto, required: false })
  invokeFunctionByPut(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @Endpoint('PATCH', '', { ...ANY_BODY, summary: 'Call an Edge Function by PATCH' })
  @ApiBody({ type: FunctionArgumentsDto, required: false })
  invokeFunctionByPatch(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @Endpoint('DELETE', '', { ...ANY_BODY, summary: 'Call an Edge Function by DELETE' })
  @ApiBody({ type: FunctionArgumentsDto, required: false })
  invokeFunctionByDelete(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }
}
