import { Body, Controller, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { NewRateDto, RateChangeDto, RateDto, RateParam } from './rates.dto.js';
import { RatesService } from './rates.service.js';

@ApiTags('Credits')
@Controller('credits/rates')
export class RatesController {
  constructor(private readonly rates: RatesService) {}

  @Endpoint('GET', '', {
    access: 'user',
    summary: 'What requests cost',
    description: 'All active rates. An endpoint without one is free.',
    answer: [RateDto],
  })
  listRates(): Promise<RateDto[]> {
    return this.rates.list();
  }

  @Endpoint('POST', '', {
    access: 'admin',
    summary: 'Put a price on an endpoint',
    description: 'Holds from the next request on, on every replica and in both representations.',
    answer: RateDto,
    status: 201,
    refusals: ['conflict'],
  })
  createRate(@Body() rate: NewRateDto): Promise<RateDto> {
    return this.rates.create(rate);
  }

  @Endpoint('PATCH', ':id', {
    access: 'admin',
    summary: 'Change a price',
    answer: RateDto,
    refusals: ['not_found', 'conflict'],
  })
  changeRate(@Param() { id }: RateParam, @Body() change: RateChangeDto): Promise<RateDto> {
    return this.rates.change(id, change);
  }

  @Endpoint('DELETE', ':id', {
    access: 'admin',
    summary: 'Make an endpoint free again',
    description: 'Answers the rate that was removed. What it has charged stays in the ledger.',
    answer: RateDto,
    refusals: ['not_found'],
  })
  deleteRate(@Param() { id }: RateParam): Promise<RateDto> {
    return this.rates.delete(id);
  }
}
