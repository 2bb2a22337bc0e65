import type { Field } from '../../catalog/contract.js';

/** Made up; the county 370399 is one that GB/T 2260 never assigned, so that the number is nobody's. */
const EXAMPLES: Readonly<Record<Field['type']['name'], string>> = {
  text: '示例',
  code: '',
  integer: '1',
  decimal: '12.5',
  boolean: '是',
  date: '2026-01-31',
  month: '2026-01',
  datetime: '2026-01-31 08:00',
  identifier: '37039919900101001X',
  point: '118.05,36.81',
  geometry: '{"type":"Point","coordinates":[118.05,36.81]}',
  list: '甲;乙',
};

/** A value that the field would take, and that is nobody's. */
export function exampleOf({ type }: Field): string {
  return type.name === 'identifier' && type.scheme === 'uscc' ? '11370399000000019N' : EXAMPLES[type.name];
}
