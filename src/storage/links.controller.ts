import { Body, Controller, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { BucketOfObjectParam, BucketParam } from './buckets.dto.js';
import { PublicUrlDto, SignedUploadUrlDto, SignedUrlDto, SigningDto, UploadSigningDto } from './links.dto.js';
import { LinksService } from './links.service.js';
import { ApiObjectPath, ObjectPath } from './object-path.decorator.js';
import { Visitor, type VisitorOfStorage } from './visitor.decorator.js';

/** URLs of objects. */
@ApiTags('Storage')
@Controller('storage/buckets/:bucket')
export class LinksController {
  constructor(private readonly links: LinksService) {}

  @Endpoint('POST', 'signed-urls', {
    access: 'user',
    summary: 'URLs by which anybody may read objects for a while',
    description: 'One for `path`; a list for `paths`.',
    answer: { oneOrMany: SignedUrlDto },
    refusals: ['not_found'],
  })
  signUrls(
    @Param() { bucket }: BucketParam,
    @Body() wish: SigningDto,
    @Visitor() visitor: VisitorOfStorage,
  ): Promise<SignedUrlDto | SignedUrlDto[]> {
    return this.links.sign(bucket, wish, visitor);
  }

  @Endpoint('POST', 'signed-upload-urls', {
    access: 'user',
    summary: 'A URL by which anybody may upload one object',
    description: 'For two hours, with `PUT` and the file as the body.',
    answer: SignedUploadUrlDto,
    refusals: ['not_found', 'conflict'],
  })
  signUploadUrl(
    @Param() { bucket }: BucketParam,
    @Body() wish: UploadSigningDto,
    @Visitor() visitor: VisitorOfStorage,
  ): Promise<SignedUploadUrlDto> {
    return this.links.signUpload(bucket, wish, visitor);
  }

  @ApiObjectPath()
  @Endpoint('GET', 'public-url/*', {
    access: 'user',
    summary: 'Where anybody reads an object of a public bucket',
    description: 'Whether there is such an object is not looked at.',
    answer: PublicUrlDto,
  })
  getPublicUrl(@Param() { bucket }: BucketOfObjectParam, @ObjectPath() path: string): PublicUrlDto {
    return this.links.publicUrl(bucket, path);
  }
}
