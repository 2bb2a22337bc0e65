import { GEOMETRIES, geojsonType, parseJson } from './geojson.js';
import type { ValueType } from './value-type.js';

/** Any GeoJSON geometry (RFC 7946) except a collection. */
export const geometry: ValueType = {
  ...geojsonType(GEOMETRIES, { minItems: 1, maxItems: 100_000, items: {} }),
  title: '图形',
  example: () => '{"type":"Point","coordinates":[116.39,39.91]}',
  parser: () => parseJson,
};
