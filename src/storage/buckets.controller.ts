import { Body, Controller, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { BucketChangeDto, BucketDto, BucketParam, NewBucketDto } from './buckets.dto.js';
import { BucketsService } from './buckets.service.js';
import { Visitor, type VisitorOfStorage } from './visitor.decorator.js';

/** Where files are kept, and what may be kept there. */
@ApiTags('Storage')
@Controller('storage/buckets')
export class BucketsController {
  constructor(private readonly buckets: BucketsService) {}

  @Endpoint('GET', '', {
    access: 'user',
    summary: 'The buckets',
    description: 'Those that the policies show; all of them to administrators.',
    answer: [BucketDto],
  })
  listBuckets(@Visitor() visitor: VisitorOfStorage): Promise<BucketDto[]> {
    return this.buckets.list(visitor);
  }

  @Endpoint('POST', '', {
    access: 'admin',
    summary: 'Make a bucket',
    description: 'Nobody can read or write in it until a policy lets them.',
    answer: BucketDto,
    status: 201,
    refusals: ['conflict'],
  })
  createBucket(@Body() bucket: NewBucketDto): Promise<BucketDto> {
    return this.buckets.create(bucket);
  }

  @Endpoint('GET', ':bucket', {
    access: 'user',
    summary: 'One bucket',
    answer: BucketDto,
    refusals: ['not_found'],
  })
  getBucket(@Param() { bucket }: BucketParam, @Visitor() visitor: VisitorOfStorage): Promise<BucketDto> {
    return this.buckets.get(bucket, visitor);
  }

  @Endpoint('PATCH', ':bucket', {
    access: 'admin',
    summary: 'Change a bucket',
    description: 'What is not named stays. Files that are there already stay, too.',
    answer: BucketDto,
    refusals: ['not_found'],
  })
  changeBucket(@Param() { bucket }: BucketParam, @Body() change: BucketChangeDto): Promise<BucketDto> {
    return this.buckets.change(bucket, change);
  }

  @Endpoint('DELETE', ':bucket', {
    access: 'admin',
    summary: 'Delete an empty bucket',
    refusals: ['not_found', 'conflict'],
  })
  deleteBucket(@Param() { bucket }: BucketParam): Promise<void> {
    return this.buckets.delete(bucket);
  }

  @Endpoint('POST', ':bucket/empty', {
    access: 'admin',
    summary: 'Delete everything in a bucket',
    description: 'A hosted Supabase may take a while to.',
    refusals: ['not_found'],
  })
  emptyBucket(@Param() { bucket }: BucketParam): Promise<void> {
    return this.buckets.empty(bucket);
  }
}
