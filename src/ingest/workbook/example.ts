import type { Field } from '../../catalog/contract.js';

/** Invented; GB/T 2260 never assigned the county 110199, so nobody has the number. */
const EXAMPLES: Readonly<Record<Field['type']['name'], string>> = {
  text: '示例',
  code: '',
  integer: '1',
  decimal: '12.5',
  boolean: '是',
  date: '2026-01-31',
  month: '2026-01',
  datetime: '2026-01-31 08:00',
  identifier: '110199199001010010',
  point: '116.39,39.91',
  geometry: '{"type":"Point","coordinates":[116.39,39.91]}',
  list: '甲;乙',
};

/** An invented value that the field accepts. */
export function exampleOf({ type }: Field): string {
  return type.name === 'identifier' && type.scheme === 'uscc' ? '111101990000000196' : EXAMPLES[type.name];
}
