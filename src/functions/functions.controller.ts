import { Controller, Param, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';
import { FunctionCall } from './function-call.decorator.js';
import { FunctionCalls } from './function-calls.service.js';
import { FunctionParam } from './functions.dto.js';

/** Edge Functions by their name. */
@ApiTags('Functions')
@Controller('functions/:name')
export class FunctionsController {
  constructor(private readonly calls: FunctionCalls) {}

  @FunctionCall('GET', '', 'Call an Edge Function')
  invokeFunctionByGet(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @FunctionCall('POST', '', 'Call an Edge Function with a body')
  invokeFunctionByPost(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @FunctionCall('PUT', '', 'Call an Edge Function by PUT')
  invokeFunctionByPut(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @FunctionCall('PATCH', '', 'Call an Edge Function by PATCH')
  invokeFunctionByPatch(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @FunctionCall('DELETE', '', 'Call an Edge Function by DELETE')
  invokeFunctionByDelete(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }

  @FunctionCall('OPTIONS', '', 'Call an Edge Function by OPTIONS')
  invokeFunctionByOptions(
    @Param() { name }: FunctionParam,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.calls.relay(name, request, reply);
  }
}
