import { BARE, declared, EVERY_TYPE } from '../support/every-type.js';

/** A contract with a field of every type, so that each form of a value is asked for once. */
export const THING = {
  ...BARE,
  dataset: 'housing/thing',
  partition: 'part',
  fields: {
    ...EVERY_TYPE,
    code: declared('text', { length: '20', required: 'true' }),
    part: declared('text', { length: '10', required: 'true' }),
    plain: declared('text', { length: '40' }),
  },
  filterable: ['code', 'part', 'gender', 'count', 'big', 'price', 'ok', 'day', 'mon', 'at'],
  sortable: ['big', 'price', 'day', 'at'],
  scopes: ['part'],
};

export const THINGS = [
  { code: 'T1', part: 'P', gender: '1', count: -2147483648, big: '9223372036854775807', price: '-0.50', ok: true },
  { code: 'T2', part: 'P', gender: '2', count: 2147483647, big: '-9223372036854775808', price: '999999.99', ok: false },
  {
    code: 'T3',
    part: 'P',
    big: '9007199254740991',
    day: '2000-02-29',
    mon: '2026-11',
    at: '2026-11-24T08:00:00+08:00',
  },
  {
    code: 'T4',
    part: 'P',
    spot: { type: 'Point', coordinates: [118, 36.8] },
    tags: ['甲', '"', '\\'],
    plain: 'a\u2028</script>',
  },
].map((row) => ({
  gender: null,
  count: null,
  big: null,
  price: null,
  ok: null,
  day: null,
  mon: null,
  at: null,
  spot: null,
  tags: null,
  plain: null,
  ...row,
}));
