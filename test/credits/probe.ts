import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Body, Controller, Module, Param, Res, StreamableFile } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { IsOptional, IsString } from 'class-validator';
import { conflict, forbidden, internal, notFound, unavailable } from '../../src/platform/errors/errors.js';
import { Endpoint } from '../../src/platform/http/endpoint.decorator.js';

class OkDto {
  @ApiProperty({ example: true })
  ok!: boolean;
}

class NoteDto {
  @ApiProperty({ example: 'x' })
  @IsString()
  note!: string;
}

class LoginDto {
  @ApiProperty({ example: 'a@example.com' })
  @IsString()
  email!: string;

  @ApiProperty({ required: false, example: 'x' })
  @IsOptional()
  @IsString()
  password?: string;
}

const FAILURES: Record<string, () => Error> = {
  '403': () => forbidden(),
  '404': () => notFound(),
  '409': () => conflict('no'),
  '500': () => internal(new Error('on purpose')),
  '503': () => unavailable(),
  unknown: () => new Error('on purpose'),
};

const BYTES = { contentType: 'application/octet-stream', description: 'Bytes.', example: 'x' };

/** Handlers that end in every way a handler can end. */
@Controller('probe')
class ProbeController {
  @Endpoint('GET', 'ok', { access: 'user', summary: 'Fine', answer: OkDto })
  probeOk(): OkDto {
    probe.runs += 1;
    return { ok: true };
  }

  @Endpoint('GET', 'public', { access: 'public', summary: 'Fine for all', answer: OkDto })
  probePublic(): OkDto {
    return { ok: true };
  }

  @Endpoint('GET', 'uncounted', { access: 'user', uncounted: true, summary: 'Fine', answer: OkDto })
  probeUncounted(): OkDto {
    return { ok: true };
  }

  @Endpoint('POST', 'notes', { access: 'user', summary: 'Takes a note', answer: OkDto, status: 201 })
  probeNote(@Body() { note }: NoteDto): OkDto {
    probe.runs += 1;
    return { ok: note !== '' };
  }

  @Endpoint('GET', 'fail/:how', { access: 'user', summary: 'Fails', answer: OkDto })
  probeFail(@Param('how') how: string): OkDto {
    probe.runs += 1;
    throw FAILURES[how]?.() ?? new Error(how);
  }

  @Endpoint('GET', 'reply/:status', { access: 'user', summary: 'Answers by itself', answer: BYTES })
  probeReply(@Param('status') status: string, @Res() reply: FastifyReply): void {
    void reply.code(Number(status)).type('text/plain').send('by itself');
  }

  @Endpoint('GET', 'stream', { access: 'user', summary: 'Streams', answer: BYTES })
  probeStream(): StreamableFile {
    return new StreamableFile(Readable.from(chunks(3)));
  }

  @Endpoint('GET', 'endless', { access: 'user', summary: 'Streams until the client leaves', answer: BYTES })
  probeEndless(): StreamableFile {
    return new StreamableFile(Readable.from(chunks(Infinity)));
  }

  @Endpoint('GET', 'broken', { access: 'user', summary: 'A stream that breaks', answer: BYTES })
  probeBroken(): StreamableFile {
    return new StreamableFile(Readable.from(chunks(3, new Error('broken on purpose'))));
  }

  @Endpoint('GET', 'slow', { access: 'user', summary: 'Waits', answer: OkDto })
  async probeSlow(): Promise<OkDto> {
    await new Promise<void>((resolve) => probe.waiting.push(resolve));
    return { ok: true };
  }

  @Endpoint('GET', 'slow-failure', { access: 'user', summary: 'Waits, then fails', answer: OkDto })
  async probeSlowFailure(): Promise<OkDto> {
    await new Promise<void>((resolve) => probe.waiting.push(resolve));
    throw conflict('on purpose');
  }

  @Endpoint('POST', 'login', {
    access: 'public',
    summary: 'Can be guessed',
    answer: OkDto,
    refusals: ['guessing'],
  })
  probeLogin(@Body() { email }: LoginDto): OkDto {
    return { ok: email !== '' };
  }
}

async function* chunks(count: number, error?: Error): AsyncGenerator<string> {
  for (let index = 0; index < count; index += 1) {
    await setImmediate();
    yield 'chunk '.repeat(100);
  }
  if (error) throw error;
}

/** What the handlers have done, and the slow ones that wait to go on. */
export const probe: { runs: number; waiting: (() => void)[] } = { runs: 0, waiting: [] };

/** A guest of the house, for tests only. */
@Module({ controllers: [ProbeController] })
export class ProbeModule {}
