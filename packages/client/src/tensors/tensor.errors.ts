import { SupanestError } from '../client/errors.ts';

/** There is no tensor of this name. */
export class TensorNotFoundError extends SupanestError {
  override name = 'TensorNotFoundError';

  constructor(tensorName: string) {
    super(`There is no tensor named ${tensorName}`);
  }
}

/** There is one of this name already; `overwrite: true` replaces it. */
export class TensorExistsError extends SupanestError {
  override name = 'TensorExistsError';

  constructor(tensorName: string) {
    super(`There is a tensor named ${tensorName} already; overwrite: true replaces it`);
  }
}

/** A stored file is no tensor, or one of a kind that is not supported. */
export class TensorFormatError extends SupanestError {
  override name = 'TensorFormatError';
}

/** Somebody else has been writing to the tensor for so long that it was given up; nothing of this call is stored. */
export class TensorBusyError extends SupanestError {
  override name = 'TensorBusyError';

  constructor(tensorName: string, cause?: unknown) {
    super(`Somebody else keeps writing to ${tensorName}; nothing was appended. Try again later`, { cause });
  }
}

/** The tensor is another one than a moment ago. */
export class TensorChangedError extends SupanestError {
  override name = 'TensorChangedError';

  constructor(tensorName: string) {
    super(`${tensorName} was changed in the meantime`);
  }
}
