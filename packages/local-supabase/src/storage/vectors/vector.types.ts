export type Metric = 'cosine' | 'euclidean';
export type Metadata = Readonly<Record<string, unknown>>;

export interface NewIndex {
  readonly vectorBucketName: string;
  readonly indexName: string;
  readonly dataType: 'float32';
  readonly dimension: number;
  readonly distanceMetric: Metric;
  readonly metadataConfiguration?: { readonly nonFilterableMetadataKeys?: readonly string[] };
}

export interface IndexRow {
  readonly id: string;
  readonly name: string;
  readonly bucket_id: string;
  readonly data_type: string;
  readonly dimension: number;
  readonly distance_metric: Metric;
  readonly metadata_configuration: unknown;
  readonly created_at: Date;
}

export interface NewEntry {
  readonly key: string;
  readonly data: { readonly float32: readonly number[] };
  readonly metadata?: Metadata;
}

export interface EntryRow {
  readonly key: string;
  readonly embedding: number[];
  readonly metadata: Metadata;
}

/** A page of a listing: at most `maxResults`, after `nextToken`. */
export interface Page {
  readonly maxResults?: number;
  readonly nextToken?: string;
  readonly prefix?: string;
}
