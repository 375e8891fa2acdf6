import { Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { ErrorFilter } from '../errors/error.filter.js';
import { EndpointCheck } from './endpoint-check.js';
import { InputPipe } from './input.pipe.js';

/** What holds for every route and belongs to no room. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    EndpointCheck,
    { provide: APP_FILTER, useClass: ErrorFilter },
    { provide: APP_PIPE, useClass: InputPipe },
  ],
})
export class HttpModule {}
