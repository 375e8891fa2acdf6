import { Injectable } from '@nestjs/common';
import { invalid } from '../platform/errors/errors.js';
import { SupabaseStorage } from '../supabase/supabase-storage.service.js';
import type { SignedUrl } from '../supabase/supabase-storage.types.js';
import type {
  PublicUrlDto,
  SignedUploadUrlDto,
  SignedUrlDto,
  SigningDto,
  UploadSigningDto,
} from './links.dto.js';
import { StorageCallers } from './storage-callers.service.js';
import type { VisitorOfStorage } from './visitor.decorator.js';

/** URLs by which objects are reached without a token. */
@Injectable()
export class LinksService {
  constructor(
    private readonly storage: SupabaseStorage,
    private readonly callers: StorageCallers,
  ) {}

  /** One for `path`, a list for `paths`. @throws AppError `not_found` for one that is not there, and for no bucket */
  async sign(
    bucketId: string,
    { path, paths, expires_in: expiresIn }: SigningDto,
    visitor: VisitorOfStorage,
  ): Promise<SignedUrlDto | SignedUrlDto[]> {
    if (path !== undefined && paths !== undefined) throw invalid('Either path or paths, not both');
    const caller = await this.callers.of(visitor);
    if (path !== undefined)
      return describeSigned(await this.storage.createSignedUrl({ bucketId, path, expiresIn, ...caller }));
    const signed = await this.storage.createSignedUrls({
      bucketId,
      paths: paths ?? [],
      expiresIn,
      ...caller,
    });
    // Supabase says of each that it is not there, also where there is no bucket.
    if (signed.every(({ signedUrl }) => signedUrl === null))
      await this.storage.getBucketAsAdmin({ bucketId });
    return signed.map(describeSigned);
  }

  async signUpload(
    bucketId: string,
    { path }: UploadSigningDto,
    visitor: VisitorOfStorage,
  ): Promise<SignedUploadUrlDto> {
    const caller = await this.callers.of(visitor);
    const { token, signedUrl } = await this.storage.createSignedUploadUrl({ bucketId, path, ...caller });
    return { path, token, signed_url: signedUrl };
  }

  publicUrl(bucketId: string, path: string): PublicUrlDto {
    return { public_url: this.storage.getPublicUrl({ bucketId, path }) };
  }
}

function describeSigned({ path, signedUrl, error }: SignedUrl): SignedUrlDto {
  return { path, signed_url: signedUrl, ...(error === null ? {} : { error }) };
}
