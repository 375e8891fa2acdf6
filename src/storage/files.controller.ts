import { Controller, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { BucketOfObjectParam } from './buckets.dto.js';
import { FilesService } from './files.service.js';
import { ApiObjectPath, ObjectPath } from './object-path.decorator.js';
import { StoredFileDto, UploadQuery } from './objects.dto.js';
import { sendDownload } from './send-download.js';
import { Visitor, type VisitorOfStorage } from './visitor.decorator.js';

const BYTES = { type: 'string', format: 'binary' };
const FORM = {
  type: 'object',
  required: ['file'],
  properties: { file: { ...BYTES, description: 'The file; its part names its type.' } },
};

/** The bytes of objects. */
@ApiTags('Storage')
@Controller('storage/buckets/:bucket/objects')
export class FilesController {
  constructor(private readonly files: FilesService) {}

  @ApiObjectPath()
  @Endpoint('POST', '*', {
    access: 'user',
    summary: 'Upload a file',
    description:
      'As the body of the request, whose `Content-Type` becomes its own, or as the part `file` of a form. How large it may ' +
      'be, and of which type, is for its bucket to say. In `user-files` each user writes under `<their uuid>/`.',
    streamsBody: true,
    content: {
      'application/octet-stream': { schema: BYTES, example: 'The bytes of the file' },
      'multipart/form-data': { schema: FORM, example: { file: 'The bytes of the file' } },
    },
    answer: StoredFileDto,
    status: 201,
    refusals: ['not_found', 'conflict'],
  })
  uploadObject(
    @Param() { bucket }: BucketOfObjectParam,
    @ObjectPath() path: string,
    @Query() query: UploadQuery,
    @Visitor() visitor: VisitorOfStorage,
    @Req() request: ApiRequest,
  ): Promise<StoredFileDto> {
    return this.files.upload({ bucketId: bucket, path }, query, visitor, request);
  }

  @ApiObjectPath()
  @ApiHeader({ name: 'Range', description: 'Which bytes.', example: 'bytes=0-1023', required: false })
  @ApiHeader({ name: 'If-None-Match', description: 'The ETag of what you have.', required: false })
  @Endpoint('GET', '*', {
    access: 'user',
    summary: 'Download a file',
    description: 'As it flows, in both representations.',
    answer: {
      contentType: 'application/octet-stream',
      description: 'The file, in the type it was stored as.',
      example: 'The bytes of the file',
    },
    neverEnveloped: true,
    headers: {
      ETag: 'What `If-None-Match` compares.',
      'Accept-Ranges': '`bytes`.',
      'Last-Modified': 'When it was stored.',
      'Content-Range': 'Which bytes of how many; only with 206.',
    },
    otherAnswers: { 206: 'The bytes that were asked for.', 304: 'What you have is what there is.' },
    refusals: ['not_found', 'range'],
  })
  downloadObject(
    @Param() { bucket }: BucketOfObjectParam,
    @ObjectPath() path: string,
    @Visitor() visitor: VisitorOfStorage,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    return this.files
      .download({ bucketId: bucket, path }, visitor, request)
      .then((download) => sendDownload(reply, download));
  }
}
