import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { ApiReply, ApiRequest } from '../http/api-request.js';
import { answerError } from './answer-error.js';

/** The one exception filter: every error of every route leaves the house here. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    answerError(thrown, http.getRequest<ApiRequest>(), http.getResponse<ApiReply>(), this.logger);
  }
}
