import { Controller, Param, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';
import { FunctionCall } from './function-call.decorator.js';
import { FunctionCalls } from './function-calls.service.js';
import { FunctionPathParam } from './functions.dto.js';

const SubPath = (): MethodDecorator =>
  ApiParam({
    name: 'path',
    schema: { type: 'string', pattern: '^(?!\\.{1,2}(/|$))[^\\u0000-\\u001f\\u007f-\\u009f]+$' },
    description: 'The path below the function, as the function gets it.',
    example: 'greetings/7',
  });

/** Paths below an Edge Function, which does its own routing. */
@ApiTags('Functions')
@Controller('functions/:name')
export class FunctionPathsController {
  constructor(private readonly calls: FunctionCalls) {}

  @SubPath()
  @FunctionCall('GET', '*', 'Call a path of an Edge Function')
  invokeFunctionPathByGet(
    @Param() { name }: FunctionPathParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @SubPath()
  @FunctionCall('POST', '*', 'Call a path of an Edge Function with a body')
  invokeFunctionPathByPost(
    @Param() { name }: FunctionPathParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @SubPath()
  @FunctionCall('PUT', '*', 'Call a path of an Edge Function by PUT')
  invokeFunctionPathByPut(
    @Param() { name }: FunctionPathParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @SubPath()
  @FunctionCall('PATCH', '*', 'Call a path of an Edge Function by PATCH')
  invokeFunctionPathByPatch(
    @Param() { name }: FunctionPathParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @SubPath()
  @FunctionCall('DELETE', '*', 'Call a path of an Edge Function by DELETE')
  invokeFunctionPathByDelete(
    @Param() { name }: FunctionPathParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @SubPath()
  @FunctionCall('OPTIONS', '*', 'Call a path of an Edge Function by OPTIONS')
  invokeFunctionPathByOptions(
    @Param() { name }: FunctionPathParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }
}
