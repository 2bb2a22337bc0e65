const title = { zh: '物', en: 'Thing' };

/** A field of a contract as its YAML gives it, without personal data unless `more` says so. */
export function declared(type: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { type, title, sensitivity: 'L1', ...more };
}

/** A contract without fields, and what every contract must say. */
export const BARE = {
  version: '1.0',
  title,
  summary: title,
  resource: { code: '303001001/000001', format: 'database', update: 'daily' },
  classification: { category: '住房', grade: 'general-1' },
  sharing: { attribute: 'conditional', modes: ['api'], scope: '本区', use: '网格化服务', basis: '某法' },
  assessments: { secrecy: '不涉密', 'personal-information': '已评估', 'approved-by': '负责人' },
  key: 'code',
  delivery: { mode: ['snapshot', 'delta'], 'reject-at-most': '50%', 'delete-at-most': '60%', source: { kind: 'file' } },
};

/** One field of every type beside text, by names that the tests use. */
export const EVERY_TYPE = {
  gender: declared('code', { list: 'GB-T-2261.1_gender' }),
  count: declared('integer'),
  big: declared('integer', { bits: '64' }),
  price: declared('decimal', { precision: '8', scale: '2' }),
  ok: declared('boolean'),
  day: declared('date'),
  mon: declared('month'),
  at: declared('datetime'),
  spot: declared('point'),
  tags: declared('list', { of: { type: 'text', length: '5' } }),
};
