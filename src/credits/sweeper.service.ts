import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AdmissionRepository } from './admission.repository.js';

const HOUR_MS = 3_600_000;

/** Once an hour, forgets counters, windows and sign-outs that decide nothing any more. Any replica may do it, also all. */
@Injectable()
export class SweeperService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(SweeperService.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly admissions: AdmissionRepository) {}

  onApplicationBootstrap(): void {
    // Replicas that start together sweep at different times.
    const soon = HOUR_MS * (0.5 + Math.random());
    this.timer = setTimeout(() => {
      this.timer?.refresh();
      this.admissions.sweep().catch((error: unknown) => this.logger.warn({ msg: 'not swept', err: error }));
    }, soon).unref();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }
}
