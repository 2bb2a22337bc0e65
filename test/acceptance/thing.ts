import { BARE, declared, EVERY_TYPE } from '../support/every-type.js';
import type { Asking, Outside, Reply } from './outside.js';
import { once } from './outside.js';

const title = { zh: '验收', en: 'Acceptance' };

export const THING_PATH = '/data/civil-affairs/thing/v1';

/** A dataset of this suite, with a field of every type, published over HTTP as an operator does. */
export const CONTRACT = {
  ...BARE,
  dataset: 'civil-affairs/thing',
  title,
  summary: title,
  resource: { code: '303002001/000777', format: 'database', update: 'daily' },
  classification: { category: '验收', grade: 'general-1' },
  sharing: {
    attribute: 'unconditional',
    modes: ['api'],
    scope: '本区',
    use: '验收',
    basis: '《政务数据共享条例》第十五条',
  },
  assessments: { secrecy: '不涉密', 'personal-information': '不含', 'approved-by': '负责人' },
  fields: {
    ...EVERY_TYPE,
    code: declared('text', { from: '编号', length: '20', required: 'true' }),
    label: declared('text', { from: '名称', length: '40' }),
    gender: { ...EVERY_TYPE.gender, from: '性别', codes: { 男: '1', 女: '2' } },
    uscc: declared('identifier', { scheme: 'uscc' }),
    shape: declared('geometry'),
    division: declared('text', { length: '15' }),
    secret: declared('text', { length: '9', sensitivity: 'L3' }),
    quiet: declared('text', { length: '9' }),
  },
  filterable: ['code', 'label', 'gender', 'count', 'big', 'price', 'ok', 'day', 'mon', 'at', 'division', 'secret'],
  sortable: ['code', 'count', 'price', 'day', 'mon', 'at'],
  scopes: ['division'],
  relations: { place: { to: 'grid-center/grid/v1', on: { division: 'code' } } },
};

export interface Thing {
  code: string;
  label: string | null;
  gender: string | null;
  count: number | null;
  big: string | number | null;
  price: string | null;
  ok: boolean | null;
  day: string | null;
  mon: string | null;
  at: string | null;
  division: string | null;
}

const NONE = {
  label: null,
  gender: null,
  count: null,
  big: null,
  price: null,
  ok: null,
  day: null,
  mon: null,
  at: null,
};
const PILOT_GRID = '370303104003001';

/** The rows as they leave the exchange; `T24` and later have only a code. */
export const THINGS: readonly Thing[] = Array.from({ length: 30 }, (_, i): Thing => {
  const code = `T${String(i).padStart(2, '0')}`;
  if (i > 23) return { code, ...NONE, division: null };
  return {
    code,
    label: ['甲_%', 'alpha', 'Alpha', "o'x\\y", '甲乙丙', 'αβγ'][i % 6]!,
    gender: i % 5 === 0 ? '1' : '2',
    count: (i - 12) * 7,
    big: i === 3 ? '9223372036854775807' : i === 4 ? '-9007199254740993' : i,
    price: `${(i - 3) * 11}.${String(i).padStart(2, '0')}`,
    ok: i % 2 === 0,
    day: `20${String(i).padStart(2, '0')}-02-2${i % 9}`,
    mon: `2026-${String((i % 12) + 1).padStart(2, '0')}`,
    at: `2026-01-${String(i + 1).padStart(2, '0')}T0${i % 9}:00:00+08:00`,
    division: i % 3 === 0 ? PILOT_GRID : null,
  };
});

const FIELDS = Object.keys(CONTRACT.fields);
export const DRAFT = {
  dataset: 'civil-affairs/thing',
  major: 1,
  fields: FIELDS,
  masks: { secret: 'hide' },
  rows: { all: true },
  legalBasis: '《政务数据共享条例》第二十一条',
  validUntil: '2036-12-31T23:59:59+08:00',
};

export const ndjson = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** A row as its publisher writes it: own headings and codes. */
export function asSent({
  code,
  label,
  gender,
  ...rest
}: Partial<Record<keyof Thing, unknown>> & Record<string, unknown>) {
  return { 编号: code, 名称: label, 性别: gender === '1' ? '男' : gender === '2' ? '女' : null, ...rest };
}

export function deliver(outside: Outside, path: string, asking: Asking = {}): Promise<Reply> {
  const headers = { 'content-type': 'application/x-ndjson', ...once(), ...asking.headers };
  return outside.ask('POST', path, { as: 'civil-affairs-publisher', ...asking, headers });
}
