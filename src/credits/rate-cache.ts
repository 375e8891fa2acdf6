import { Injectable } from '@nestjs/common';
import { ChangeListener } from '../platform/database/listener.js';
import { RateMatcher } from './rate-matcher.js';
import { RatesRepository } from './rates.repository.js';

/** The rates as they were at a version of the configuration. */
export interface KnownRates {
  version: number;
  matcher: RateMatcher;
}

/**
 * Prices in memory. A change is heard of by LISTEN and loaded at once; and as every admitted request brings the present
 * version along, a request is never priced by older rates than it was admitted under, notification or not.
 */
@Injectable()
export class RateCache {
  private loaded: KnownRates | undefined;
  private loading: Promise<KnownRates> | undefined;

  constructor(
    private readonly rates: RatesRepository,
    listener: ChangeListener,
  ) {
    listener.subscribe(() => {
      this.reload().catch(() => undefined);
    });
  }

  /** The newest rates that are in memory; undefined before the first were read. */
  get latest(): KnownRates | undefined {
    return this.loaded;
  }

  /**
   * The rates of at least this version (`Admission.version`).
   *
   * @throws `unavailable` when they have to be loaded and cannot be
   */
  async at(version: number): Promise<RateMatcher> {
    if (this.loaded && this.loaded.version >= version) return this.loaded.matcher;
    // A load that began before the change committed may bring the older rates.
    const running = await this.load();
    return running.version >= version ? running.matcher : (await this.reload()).matcher;
  }

  /** Loads again, even if a load is under way: that one may have read before the change. */
  private async reload(): Promise<KnownRates> {
    await this.loading?.catch(() => undefined);
    return this.load();
  }

  private load(): Promise<KnownRates> {
    return (this.loading ??= this.read().finally(() => {
      this.loading = undefined;
    }));
  }

  private async read(): Promise<KnownRates> {
    const { version, prices } = await this.rates.snapshot();
    if (!this.loaded || version >= this.loaded.version) {
      this.loaded = { version, matcher: new RateMatcher(prices) };
    }
    return this.loaded;
  }
}
