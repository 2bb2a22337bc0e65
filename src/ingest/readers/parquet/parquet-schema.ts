import type { FileMetaData, SchemaElement } from 'hyparquet';
import { Unreadable } from '../source.js';

export interface ParquetColumn {
  name: string;
  /** Digits after the point, where the column is decimal. */
  scale: number | undefined;
  /** The bytes of a value are text, annotated or not: older writers do not annotate. */
  text: boolean;
  /** The column holds days, so a value at midnight is a date and not an instant. */
  date: boolean;
  /** The instant is in UTC; otherwise it is the writer's wall clock. */
  utc: boolean;
}

const COLUMNS_AT_MOST = 1_000;

/** Digits of the widest decimal of PostgreSQL, ClickHouse and Arrow (256 bits). */
const SCALE_AT_MOST = 76;
const DECIMAL_TYPES = ['INT32', 'INT64', 'FIXED_LEN_BYTE_ARRAY', 'BYTE_ARRAY'];

/**
 * The columns of a table. hyparquet converts decimals to numbers with 15 digits; so this removes their annotation and
 * returns the integer's scale. The decoder must then take bytes as bytes (`utf8: false`).
 * @throws Unreadable where columns are nested or repeated, or a decimal contradicts itself
 */
export function readFlatSchema(metadata: FileMetaData): ParquetColumn[] {
  const elements = metadata.schema.slice(1);
  if (elements.length > COLUMNS_AT_MOST) throw new Unreadable(1, 'columns', 'more than 1,000 columns');
  return elements.map((element) => {
    if (element.type === undefined || (element.num_children ?? 0) > 0 || element.repetition_type === 'REPEATED') {
      const reason = `the column ${shown(element.name)} is nested (a struct, list or map): write it as text or leave it out`;
      throw new Unreadable(1, 'nested', reason);
    }
    return columnOf(element);
  });
}

/** A column's name for a message. */
export function shown(name: string): string {
  return name.slice(0, 64);
}

function columnOf(element: SchemaElement): ParquetColumn {
  const logical = element.logical_type;
  const decimal = element.converted_type === 'DECIMAL' || logical?.type === 'DECIMAL';
  const scale = decimal ? scaleOf(element) : undefined;
  if (decimal) {
    delete element.converted_type;
    delete element.logical_type;
  }
  const utc = logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC : true;
  const date = element.converted_type === 'DATE' || logical?.type === 'DATE';
  return { name: element.name, scale, text: !decimal && element.type === 'BYTE_ARRAY', date, utc };
}

/** The scale stands in the element, in the annotation, or in both (parquet-format, logical types, DECIMAL). */
function scaleOf({ name, type, scale, logical_type: logical }: SchemaElement): number {
  const annotated = logical?.type === 'DECIMAL' ? logical.scale : undefined;
  const found = scale ?? annotated ?? 0;
  const agrees = annotated === undefined || annotated === found;
  if (agrees && found >= 0 && found <= SCALE_AT_MOST && DECIMAL_TYPES.includes(type ?? '')) return found;
  const reason = `the column ${shown(name)} is a decimal whose type or scale makes no sense: write it as text, or as DECIMAL of a scale that the column has`;
  throw new Unreadable(1, 'decimal', reason);
}
