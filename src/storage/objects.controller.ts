import { Body, Controller, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { BucketParam } from './buckets.dto.js';
import { DeletedPathsDto, FileDto, ObjectsQuery, StoredFileDto, TransportDto } from './objects.dto.js';
import { ObjectsService } from './objects.service.js';
import { Visitor, type VisitorOfStorage } from './visitor.decorator.js';

/** Objects of a bucket, by name. */
@ApiTags('Storage')
@Controller('storage/buckets/:bucket')
export class ObjectsController {
  constructor(private readonly objects: ObjectsService) {}

  @Endpoint('GET', 'objects', {
    access: 'user',
    summary: 'What is in a folder',
    description: 'Objects that the policies show, and the folders they are in.',
    answer: [FileDto],
    refusals: ['not_found'],
  })
  listObjects(
    @Param() { bucket }: BucketParam,
    @Query() query: ObjectsQuery,
    @Visitor() visitor: VisitorOfStorage,
  ): Promise<FileDto[]> {
    return this.objects.list(bucket, query, visitor);
  }

  @Endpoint('DELETE', 'objects', {
    access: 'user',
    summary: 'Delete objects',
    description:
      'The answer names those that were deleted; what is not there, or not yours, is not among them.',
    answer: [FileDto],
    refusals: ['not_found'],
  })
  deleteObjects(
    @Param() { bucket }: BucketParam,
    @Body() paths: DeletedPathsDto,
    @Visitor() visitor: VisitorOfStorage,
  ): Promise<FileDto[]> {
    return this.objects.delete(bucket, paths, visitor);
  }

  @Endpoint('POST', 'move', {
    access: 'user',
    summary: 'Give an object another path',
    answer: StoredFileDto,
    refusals: ['not_found', 'conflict'],
  })
  moveObject(
    @Param() { bucket }: BucketParam,
    @Body() wish: TransportDto,
    @Visitor() visitor: VisitorOfStorage,
  ): Promise<StoredFileDto> {
    return this.objects.move(bucket, wish, visitor);
  }

  @Endpoint('POST', 'copy', {
    access: 'user',
    summary: 'Copy an object',
    answer: StoredFileDto,
    refusals: ['not_found', 'conflict'],
  })
  copyObject(
    @Param() { bucket }: BucketParam,
    @Body() wish: TransportDto,
    @Visitor() visitor: VisitorOfStorage,
  ): Promise<StoredFileDto> {
    return this.objects.copy(bucket, wish, visitor);
  }
}
