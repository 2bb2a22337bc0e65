import type { FileMetaData, SchemaElement } from 'hyparquet';
import { Unreadable } from '../source.js';

export interface ParquetColumn {
  name: string;
  /** Digits after the point, where the column is decimal. */
  scale: number | undefined;
  /** The column holds days, so a value at midnight is a date and not an instant. */
  date: boolean;
  /** The instant is in UTC; otherwise it is the writer's wall clock. */
  utc: boolean;
}

const COLUMNS_AT_MOST = 1_000;

/**
 * The columns of a table. hyparquet converts decimals to numbers with 15 digits; so this removes their annotation and
 * returns the integer's scale.
 * @throws Unreadable where columns are nested or repeated
 */
export function readFlatSchema(metadata: FileMetaData): ParquetColumn[] {
  const elements = metadata.schema.slice(1);
  if (elements.length > COLUMNS_AT_MOST) throw new Unreadable(1, 'columns', 'more than 1,000 columns');
  return elements.map((element) => {
    if (element.type === undefined || (element.num_children ?? 0) > 0 || element.repetition_type === 'REPEATED') {
      const reason = `the column ${element.name.slice(0, 64)} is nested (a struct, list or map): write it as text or leave it out`;
      throw new Unreadable(1, 'nested', reason);
    }
    return columnOf(element);
  });
}

function columnOf(element: SchemaElement): ParquetColumn {
  const logical = element.logical_type;
  const decimal = element.converted_type === 'DECIMAL' || logical?.type === 'DECIMAL';
  const scale = decimal ? (element.scale ?? 0) : undefined;
  if (decimal) {
    delete element.converted_type;
    delete element.logical_type;
  }
  const utc = logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC : true;
  return { name: element.name, scale, date: element.converted_type === 'DATE' || logical?.type === 'DATE', utc };
}
