import {
  ForbiddenException,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { Database, type User } from './database.js';

@Injectable()
export class CreditsInterceptor implements NestInterceptor {
  constructor(private readonly database: Database) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<{ user: User; path: string }>();
    const credits = await this.database.findRate(request.path);
    if (credits > 0 && !(await this.database.charge(request.user.id, credits, request.path))) {
      throw new ForbiddenException('Insufficient credits for this operation.');
    }
    return next.handle();
  }
}
