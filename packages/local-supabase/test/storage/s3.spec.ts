import { afterAll, beforeAll, describe } from '@jest/globals';
import { badRequests } from './s3/bad-requests.cases.ts';
import { bodies } from './s3/bodies.cases.ts';
import { forms } from './s3/forms.cases.ts';
import { listing } from './s3/listing.cases.ts';
import { objects } from './s3/objects.cases.ts';
import { uploadsInParts } from './s3/parts.cases.ts';
import { policies } from './s3/policies.cases.ts';
import { signatures } from './s3/signatures.cases.ts';
import { S3Door } from './s3/s3.door.ts';

describe('the S3 protocol', () => {
  const door = new S3Door();
  beforeAll(() => door.start(), 60_000);
  afterAll(() => door.stop());

  objects(door);
  signatures(door);
  bodies(door);
  listing(door);
  uploadsInParts(door);
  forms(door);
  policies(door);
  badRequests(door);
});
