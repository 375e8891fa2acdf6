import { Global, Module, type DynamicModule } from '@nestjs/common';
import {
  DatabaseConfig,
  GuessingConfig,
  HttpConfig,
  LogConfig,
  RealtimeConfig,
  SupabaseConfig,
  TokenConfig,
  type Config,
} from './config.js';

/** Makes each slice of the configuration injectable by its class. */
@Global()
@Module({})
export class ConfigModule {
  static of(config: Config): DynamicModule {
    const slices = [
      { provide: HttpConfig, useValue: config.http },
      { provide: LogConfig, useValue: config.log },
      { provide: SupabaseConfig, useValue: config.supabase },
      { provide: DatabaseConfig, useValue: config.database },
      { provide: TokenConfig, useValue: config.tokens },
      { provide: GuessingConfig, useValue: config.guessing },
      { provide: RealtimeConfig, useValue: config.realtime },
    ];
    return { module: ConfigModule, providers: slices, exports: slices.map((slice) => slice.provide) };
  }
}
