import { Controller, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '../platform/http/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { COUNTED_PAGE_HEADERS, PageAnswer } from '../platform/http/pages.js';
import { CurrentActor, Pages, RepresentedBody } from '../platform/http/request.decorators.js';
import {
  EnvelopedNewSupabaseUserDto,
  EnvelopedSupabaseUserChangeDto,
  NewSupabaseUserDto,
  SupabaseUserChangeDto,
} from './supabase-user-changes.dto.js';
import {
  SupabaseAccountDto,
  SupabaseIdentityDto,
  SupabaseUserParam,
  SupabaseUsersQuery,
} from './supabase-users.dto.js';
import { SupabaseUsersService } from './supabase-users.service.js';

/** Supabase's users as Supabase knows them; the one place where the API acts as Supabase's administrator. */
@ApiTags('Users')
@Controller('users/supabase_users')
export class SupabaseUsersController {
  constructor(private readonly users: SupabaseUsersService) {}

  @Endpoint('GET', '', {
    access: 'admin',
    summary: "Supabase's users",
    answer: [SupabaseAccountDto],
    headers: COUNTED_PAGE_HEADERS,
  })
  listSupabaseUsers(
    @Query() query: SupabaseUsersQuery,
    @Pages() pages: PageAnswer,
  ): Promise<SupabaseAccountDto[]> {
    return pages.byNumber(this.users.list(query), query);
  }

  @Endpoint('POST', '', {
    access: 'admin',
    summary: 'Make a user at Supabase',
    description: 'The address counts as confirmed and no e-mail goes out.',
    body: { plain: NewSupabaseUserDto, enveloped: EnvelopedNewSupabaseUserDto },
    answer: SupabaseAccountDto,
    status: 201,
  })
  createSupabaseUser(@RepresentedBody() user: NewSupabaseUserDto): Promise<SupabaseAccountDto> {
    return this.users.create(user);
  }

  @Endpoint('GET', ':uuid', {
    access: 'admin',
    summary: "One of Supabase's users",
    answer: SupabaseAccountDto,
    refusals: ['not_found'],
  })
  getSupabaseUser(@Param() { uuid }: SupabaseUserParam): Promise<SupabaseAccountDto> {
    return this.users.get(uuid);
  }

  @Endpoint('PATCH', ':uuid', {
    access: 'admin',
    summary: "Change one of Supabase's users",
    body: { plain: SupabaseUserChangeDto, enveloped: EnvelopedSupabaseUserChangeDto },
    answer: SupabaseAccountDto,
    refusals: ['not_found'],
  })
  changeSupabaseUser(
    @Param() { uuid }: SupabaseUserParam,
    @RepresentedBody() change: SupabaseUserChangeDto,
  ): Promise<SupabaseAccountDto> {
    return this.users.change(uuid, change);
  }

  @Endpoint('DELETE', ':uuid', {
    access: 'admin',
    summary: "Delete one of Supabase's users",
    description:
      'With all sessions, at once. The ledger stays, and names nobody any more. The last active administrator cannot be deleted: 409.',
    refusals: ['not_found', 'conflict'],
  })
  deleteSupabaseUser(@Param() { uuid }: SupabaseUserParam, @CurrentActor() actor: Actor): Promise<void> {
    return this.users.delete(actor, uuid);
  }

  @Endpoint('GET', ':uuid/identities', {
    access: 'admin',
    summary: 'How one of them can sign in',
    answer: [SupabaseIdentityDto],
    refusals: ['not_found'],
  })
  listSupabaseUserIdentities(@Param() { uuid }: SupabaseUserParam): Promise<SupabaseIdentityDto[]> {
    return this.users.identities(uuid);
  }
}
