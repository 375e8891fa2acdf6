import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { SupabaseModule } from '../supabase/supabase.module.js';
import { BucketsController } from './buckets.controller.js';
import { BucketsService } from './buckets.service.js';
import { FilesController } from './files.controller.js';
import { FilesService } from './files.service.js';
import { LinksController } from './links.controller.js';
import { LinksService } from './links.service.js';
import { ObjectsController } from './objects.controller.js';
import { ObjectsService } from './objects.service.js';
import { StorageCallers } from './storage-callers.service.js';

/** Files of users, kept by Supabase Storage under their owners' policies. */
@Module({
  imports: [AuthModule, SupabaseModule],
  controllers: [BucketsController, ObjectsController, FilesController, LinksController],
  providers: [StorageCallers, BucketsService, ObjectsService, FilesService, LinksService],
})
export class StorageModule {}
