import { copyText } from './plain-text.js';
import { bare, PRESENCE, RAW, type ValueFault, type ValueSchema, type ValueType } from './value-type.js';

const FAULT: ValueFault = { rule: 'geometry', reason: 'not a GeoJSON geometry with coordinates of the earth' };

/** Depth of nested arrays in `coordinates` (RFC 7946). */
const DEPTH: Readonly<Record<string, number>> = {
  Point: 1,
  MultiPoint: 2,
  LineString: 2,
  MultiLineString: 3,
  Polygon: 3,
  MultiPolygon: 4,
};
export const GEOMETRIES = Object.keys(DEPTH);

/** JSON unchanged, or the JSON in a text. */
export function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? null;
  if (value.trim() === '') return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** One of these geometries, with longitude, latitude and, if sent, height. */
function mustBe(names: readonly string[]): (value: object) => ValueFault | undefined {
  return (value) => (isGeometry(value, names) ? undefined : FAULT);
}

function isGeometry(value: { type?: unknown; coordinates?: unknown }, names: readonly string[]): boolean {
  const { type, coordinates } = value;
  if (Object.keys(value).length !== 2 || typeof type !== 'string' || !names.includes(type)) return false;
  return isNested(coordinates, DEPTH[type] ?? 0);
}

function isNested(value: unknown, depth: number): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  if (depth > 1) return value.every((part) => isNested(part, depth - 1));
  const [longitude, latitude] = value;
  if (value.length < 2 || value.length > 3 || !value.every((part) => Number.isFinite(part))) return false;
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
}

function geojsonSchema(names: readonly string[], coordinates: ValueSchema): ValueSchema {
  return {
    type: 'object',
    required: ['type', 'coordinates'],
    properties: { type: { type: 'string', enum: names }, coordinates: { type: 'array', ...coordinates } },
    additionalProperties: false,
  };
}

/** Shared by points and other geometries. A filter can only ask whether there is one. */
export function geojsonType(names: readonly string[], coordinates: ValueSchema) {
  return {
    expected: () => 'nothing but null',
    parameters: [],
    declared: bare,
    column: () => 'jsonb',
    stored: () => ({ type: 'object', must: mustBe(names) }),
    copy: (value: object) => copyText(JSON.stringify(value)),
    json: () => RAW,
    graphql: () => 'JSON',
    masks: {},
    schema: () => geojsonSchema(names, coordinates),
    operators: PRESENCE,
    operand: () => undefined,
    operandSchema: () => ({ not: {} }),
    sortable: false,
    scope: false,
    subject: false,
    compared: 'never',
    spreadsheetText: true,
  } satisfies Partial<ValueType>;
}
