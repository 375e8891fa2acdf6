import { Body, Controller, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { TierChangeDto, TierDto, TierParam } from './tiers.dto.js';
import { TiersService } from './tiers.service.js';

@ApiTags('Tiers')
@Controller('tiers')
export class TiersController {
  constructor(private readonly tiers: TiersService) {}

  @Endpoint('GET', '', { access: 'public', summary: 'What each tier gives', answer: [TierDto] })
  listTiers(): Promise<TierDto[]> {
    return this.tiers.list();
  }

  @Endpoint('PATCH', ':name', {
    access: 'admin',
    summary: 'Change a tier',
    description: 'Holds from the next request on, on every replica.',
    answer: TierDto,
    refusals: ['not_found'],
  })
  changeTier(@Param() { name }: TierParam, @Body() change: TierChangeDto): Promise<TierDto> {
    return this.tiers.change(name, change);
  }
}
