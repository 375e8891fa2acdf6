import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';

/** For load balancers and people: does it run? */
@Module({ controllers: [HealthController] })
export class HealthModule {}
