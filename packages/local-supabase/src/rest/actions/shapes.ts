import type { Shape } from '../request/media.types.ts';
import type { Schema } from '../schema/schema.cache.ts';

/** What rows can be written as; GeoJSON is PostGIS's work. */
export function rowShapes(schema: Schema): readonly Shape[] {
  return schema.hasGeometry ? ['array', 'object', 'csv', 'geojson'] : ['array', 'object', 'csv'];
}
