import { geojsonType, parseJson } from './geojson.js';
import type { ValueType } from './value-type.js';

const PAIR = /^(-?\d{1,3}(?:\.\d+)?)[,， ]\s*(-?\d{1,2}(?:\.\d+)?)$/;

/** GeoJSON, or `longitude,latitude`. */
function parse(value: unknown): unknown {
  const pair = typeof value === 'string' ? PAIR.exec(value.trim()) : null;
  return pair === null ? parseJson(value) : { type: 'Point', coordinates: [Number(pair[1]), Number(pair[2])] };
}

/** A GeoJSON Point (RFC 7946): longitude, latitude, and the height if it was sent. */
export const point: ValueType = {
  ...geojsonType(['Point'], { minItems: 2, maxItems: 3, items: { type: 'number', format: 'double' } }),
  title: '坐标',
  example: () => '116.39,39.91',
  parser: () => parse,
};
