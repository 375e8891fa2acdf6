import { Body, Controller, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '../platform/http/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { COUNTED_PAGE_HEADERS, PageAnswer } from '../platform/http/pages.js';
import { CurrentActor, Pages, RequestId } from '../platform/http/request.decorators.js';
import {
  AddCreditsDto,
  CreditsAddedDto,
  UserChangeDto,
  UserDto,
  UserParam,
  UsersQuery,
} from './users.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('Users')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Endpoint('GET', '', {
    access: 'admin',
    summary: 'All users',
    answer: [UserDto],
    headers: COUNTED_PAGE_HEADERS,
  })
  listUsers(@Query() query: UsersQuery, @Pages() pages: PageAnswer): Promise<UserDto[]> {
    return pages.byOffset(this.users.list(query), query);
  }

  @Endpoint('GET', 'me', { access: 'user', summary: 'Who I am to this service', answer: UserDto })
  getMe(@CurrentActor() actor: Actor): Promise<UserDto> {
    return this.users.me(actor);
  }

  @Endpoint('GET', ':id', { access: 'admin', summary: 'A user', answer: UserDto, refusals: ['not_found'] })
  getUser(@Param() { id }: UserParam): Promise<UserDto> {
    return this.users.get(id);
  }

  @Endpoint('PATCH', ':id', {
    access: 'admin',
    summary: 'Change tier, role or activity of a user',
    description:
      'Holds from the next request on, on every replica. The last active administrator stays one: the change that ' +
      'would leave none is refused with 409.',
    answer: UserDto,
    refusals: ['not_found', 'conflict'],
  })
  changeUser(
    @CurrentActor() actor: Actor,
    @Param() { id }: UserParam,
    @Body() change: UserChangeDto,
  ): Promise<UserDto> {
    return this.users.change(actor, id, change);
  }

  @Endpoint('POST', ':id/add_credits', {
    access: 'admin',
    summary: 'Grant credits to a user',
    description: 'One ledger row, which names the administrator.',
    answer: CreditsAddedDto,
    refusals: ['not_found'],
  })
  addCredits(
    @CurrentActor() actor: Actor,
    @RequestId() requestId: string,
    @Param() { id }: UserParam,
    @Body() grant: AddCreditsDto,
  ): Promise<CreditsAddedDto> {
    return this.users.addCredits(actor, id, grant, requestId);
  }
}
