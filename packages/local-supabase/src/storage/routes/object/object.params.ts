/** `/…/:bucketName/*`: the rest of the path is the object's name. */
export interface ObjectParams {
  bucketName: string;
  '*': string;
}

/** `?download` and `?download=name`. */
export interface DownloadQuery {
  download?: string;
}

export interface TokenQuery extends DownloadQuery {
  token: string;
}

export const TOKEN_QUERY = {
  type: 'object',
  properties: { token: { type: 'string' }, download: { type: 'string' } },
  required: ['token'],
};
