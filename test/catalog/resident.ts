import type { ContractDocument } from '../../src/catalog/contract-document.js';

/** Tests may replace or remove any part. */
export type Document = { -readonly [K in keyof ContractDocument]?: unknown } & {
  fields: Record<string, Record<string, unknown> | string>;
  [other: string]: unknown;
};

/** A contract that uses every part of the language; each test changes one thing. */
export function residentDocument(): Document {
  return structuredClone(DOCUMENT) as Document;
}

/** A second contract, the target of a relation of the first. */
export function householdDocument(): Document {
  return structuredClone(HOUSEHOLD) as Document;
}

export const PUBLISHER = {
  slug: 'police',
  title: { zh: '公安分局', en: 'Police' },
  uscc: '11370399000000019N',
  kind: 'department',
};
export const PURPOSE = { code: 'grid-service', title: { zh: '网格化服务', en: 'Grid service' }, law: '某法第三条' };

const TERMS = {
  version: '1.0',
  title: { zh: '户籍人口', en: 'Registered resident' },
  summary: { zh: '一人一行', en: 'One row a person' },
  resource: { code: '303001001/000001', format: 'database', update: 'daily' },
  classification: { category: '人口', grade: 'general-3' },
  sharing: { attribute: 'conditional', modes: ['api', 'batch'], scope: '本区', use: '网格化服务', basis: '某法' },
  assessments: { secrecy: '不涉密', 'personal-information': '已评估', 'approved-by': '负责人' },
};

const DOCUMENT = {
  dataset: 'police/resident',
  ...TERMS,
  entity: 'person',
  'source-of-truth': 'true',
  key: 'id_number',
  subjects: ['id_number'],
  partition: 'registered_division',
  fields: {
    id_number: { from: ['GMSFHM', '公民身份号码'] },
    name: { from: 'XM' },
    gender: { from: 'XB', codes: { 男: '1', 女: '2' } },
    faith: 'false',
    note: { type: 'text', length: '64', title: { zh: '备注' } },
    fee: { type: 'decimal', precision: '10', scale: '2', title: { zh: '费用' }, sensitivity: 'L2' },
    poor: { type: 'boolean', title: { zh: '困难' }, sensitivity: 'L4', codes: { 是: 'true', 否: 'false' } },
    place: { type: 'point', title: { zh: '坐标' }, sensitivity: 'L2' },
    skills: { type: 'list', of: { type: 'code', list: 'volunteer-skill' }, title: { zh: '服务' } },
    seen_on: { type: 'date', title: { zh: '走访日期', en: 'Visited on' }, mask: 'year' },
  },
  filterable: ['id_number', 'gender', 'residence_division'],
  sortable: ['born'],
  scopes: ['residence_division', 'grid_code'],
  relations: {
    household: { to: 'police/household/v1', on: { household_county: 'county', household_no: 'household_no' } },
  },
  statistics: { by: ['residence_division', 'gender', 'age-band(born)'], minimum: '10' },
  delivery: {
    mode: ['snapshot', 'delta'],
    'reject-at-most': '5%',
    'delete-at-most': '12.5%',
    source: { kind: 'file' },
  },
};

const HOUSEHOLD = {
  dataset: 'police/household',
  ...TERMS,
  entity: 'household',
  key: ['county', 'household_no'],
  fields: {},
  filterable: ['division_code'],
  scopes: ['division_code'],
};
