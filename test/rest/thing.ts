const title = { zh: '物', en: 'Thing' };
const field = (type: string, more: Record<string, unknown> = {}) => ({ type, title, sensitivity: 'L1', ...more });

/** A contract with a field of every type, so that each form of a value is asked for once. */
export const THING = {
  dataset: 'housing/thing',
  version: '1.0',
  title,
  summary: title,
  resource: { code: '303001001/000001', format: 'database', update: 'daily' },
  classification: { category: '住房', grade: 'general-1' },
  sharing: { attribute: 'conditional', modes: ['api'], scope: '本区', use: '网格化服务', basis: '某法' },
  assessments: { secrecy: '不涉密', 'personal-information': '已评估', 'approved-by': '负责人' },
  key: 'code',
  partition: 'part',
  fields: {
    code: field('text', { length: '20', required: 'true' }),
    part: field('text', { length: '10', required: 'true' }),
    gender: field('code', { list: 'GB-T-2261.1_gender' }),
    count: field('integer'),
    big: field('integer', { bits: '64' }),
    price: field('decimal', { precision: '8', scale: '2' }),
    ok: field('boolean'),
    day: field('date'),
    mon: field('month'),
    at: field('datetime'),
    spot: field('point'),
    tags: field('list', { of: { type: 'text', length: '5' } }),
    plain: field('text', { length: '40' }),
  },
  filterable: ['code', 'part', 'gender', 'count', 'big', 'price', 'ok', 'day', 'mon', 'at'],
  sortable: ['big', 'price', 'day', 'at'],
  scopes: ['part'],
  delivery: { mode: ['snapshot', 'delta'], 'reject-at-most': '50%', 'delete-at-most': '60%', source: { kind: 'file' } },
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
