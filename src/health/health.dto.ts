import { ApiProperty } from '@nestjs/swagger';

export class HealthDto {
  @ApiProperty({
    enum: ['ok'],
    description: 'Always `ok`: a process that is not well does not answer.',
    example: 'ok',
  })
  status!: 'ok';
}
