import { Injectable, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ENDPOINT } from './endpoint.decorator.js';

/** Closed by default: a route that declares no access does not start. */
@Injectable()
export class EndpointCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    const undeclared = this.discovery.getControllers().flatMap(({ metatype }) => {
      const prototype = (metatype as { prototype?: Record<string, unknown> } | null)?.prototype;
      if (!prototype) return [];
      return this.scanner
        .getAllMethodNames(prototype)
        .filter((name) => {
          const handler = prototype[name] as object;
          return Reflect.hasMetadata(METHOD_METADATA, handler) && !Reflect.hasMetadata(ENDPOINT, handler);
        })
        .map((name) => `${(metatype as { name: string }).name}.${name}`);
    });
    if (undeclared.length > 0) {
      throw new Error(`These routes declare no access; use @Endpoint: ${undeclared.join(', ')}`);
    }
  }
}
