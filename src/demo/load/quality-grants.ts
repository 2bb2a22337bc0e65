import type { DemoGrant } from './demo-grant.js';

const VERIFICATION = {
  major: 1,
  mode: 'read',
  purpose: 'data-quality',
  legalBasis:
    '《政务数据共享条例》（国务院令第809号）第二十六条；《中华人民共和国个人信息保护法》第八条、第三十四条；全区各部门数据逐项比对，仅限所列数据项，依职责须用明文',
  rows: { all: true },
  masks: 'none',
} as const;

const PERSON = [
  'id_number',
  'name',
  'gender',
  'born',
  'phone',
  'residence_division',
  'residence_address',
  'grid_code',
  'status',
];
const HOUSE = ['house_code', 'building_code', 'unit', 'room', 'area_m2', 'use', 'real_estate_unit_no', 'division_code'];

/** The fields that the exchange may compare for the list of conflicts and check for findings. */
const COMPARED: Readonly<Record<string, readonly string[]>> = {
  'police/resident': PERSON,
  'grid-center/resident': PERSON,
  'police/migrant': ['id_number', 'name', 'residence_division'],
  'police/household': ['head_id', 'head_name', 'division_code'],
  'civil-affairs/social-assistance': ['head_id', 'head_name', 'division_code'],
  'natural-resources/ownership': ['owner_id', 'owner_name', 'house_code', 'real_estate_unit_no', 'division_code'],
  'natural-resources/house': HOUSE,
  'housing/house': [...HOUSE, 'grid_code'],
  'grid-center/dwelling-household': ['house_code', 'division_code', 'grid_code'],
  'grid-center/grid': ['code', 'division_code', 'settlement', 'kind', 'households_count'],
  'grid-center/grid-worker': ['grid_code', 'full_time'],
};

/** Grants of the application that computes derived datasets. */
export const QUALITY_GRANTS: readonly DemoGrant[] = Object.entries(COMPARED).map(([dataset, fields]) => ({
  ...VERIFICATION,
  dataset,
  fields,
}));

/** Grant of the people who verify conflicts at the door: those of their communities. */
export const VERIFYING: Omit<DemoGrant, 'rows'> = { ...VERIFICATION, dataset: 'exchange/conflict' };
export const FINDINGS: DemoGrant = { ...VERIFICATION, dataset: 'exchange/finding' };
