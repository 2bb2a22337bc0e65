import { randomUUID } from 'node:crypto';

export const people = {
  li: { department: 'grid-center', roles: ['department-operator'] },
  wang: { department: 'grid-center', roles: ['department-manager'] },
  zhao: { department: 'police', roles: ['department-operator'] },
  chen: { department: 'police', roles: ['department-manager'] },
  sun: { department: 'police', roles: ['department-manager'] },
  zhou: { department: 'big-data', roles: ['authority-reviewer'] },
  wu: { department: 'housing', roles: ['department-manager'] },
  auditor: { department: 'big-data', roles: ['security-auditor'] },
} as const;
export type Login = keyof typeof people;

export const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
export const draft = {
  application: 'grid-app',
  dataset: 'police/resident',
  major: 1,
  mode: 'read',
  fields: ['name', 'gender', 'born', 'residence_division'],
  masks: { name: 'initial', born: 'year' },
  rows: { scope: [{ field: 'residence_division', prefix: ['370303'] }] },
  purposes: ['grid-service'],
  legalBasis: '《政务数据共享条例》第二十一条',
  scenario: '网格员入户走访前核对户籍信息',
  scope: '区网格化服务管理中心及各镇办网格员',
  validUntil: inDays(300),
};

const { scenario: _, ...unexplained } = draft;

/** What is wrong · the draft · by whom · status · pointer of the first fault. */
export const BAD_DRAFTS: readonly (readonly [string, object, Login, number, string?])[] = [
  ['without a scenario', unexplained, 'li', 400],
  ['without a basis', { ...draft, legalBasis: undefined }, 'li', 400],
  ['a blank basis', { ...draft, legalBasis: ' ' }, 'li', 422, '/legalBasis'],
  ['without a scope', { ...draft, scope: undefined }, 'li', 400],
  ['a blank scope', { ...draft, scope: '  ' }, 'li', 400],
  ['without a mode', { ...draft, mode: undefined }, 'li', 400],
  ['without a duration', { ...draft, validUntil: undefined }, 'li', 400],
  ['a duration that is over', { ...draft, validUntil: '2026-01-01T00:00:00Z' }, 'li', 422, '/validUntil'],
  ['an unknown member', { ...draft, reason: 'x' }, 'li', 400],
  ['an unknown field', { ...draft, fields: ['nmae'], masks: {} }, 'li', 422, '/fields/0'],
  ['a personal field without a mask', { ...draft, masks: { born: 'year' } }, 'li', 422, '/masks/name'],
  ['unmasked without a basis', { ...draft, masks: { name: 'none', born: 'year' } }, 'li', 422, '/unmaskedBasis'],
  [
    'children unmasked without a basis',
    { ...draft, masks: { ...draft.masks, minors: 'none' } },
    'li',
    422,
    '/unmaskedBasis',
  ],
  ['all rows without a basis', { ...draft, rows: { all: true } }, 'li', 422, '/allRowsBasis'],
  [
    'a scope on a field that is no scope',
    { ...draft, rows: { scope: [{ field: 'gender', in: ['1'] }] } },
    'li',
    422,
    '/rows/scope/0/field',
  ],
  ['an unknown purpose', { ...draft, purposes: ['fun'] }, 'li', 422, '/purposes/0'],
  ['an unknown dataset', { ...draft, dataset: 'police/cars' }, 'li', 422, '/dataset'],
  ['an application of another department', { ...draft, application: 'other-app' }, 'li', 422, '/application'],
  ['an application that nobody registered', { ...draft, application: 'no-app' }, 'li', 422, '/application'],
  ['to deliver', { ...draft, mode: 'deliver' }, 'li', 422, '/application'],
  ['a renewal of nothing', { ...draft, renews: randomUUID() }, 'li', 422, '/renews'],
  ['by the authority', draft, 'zhou', 403],
  ['by a person of another department', draft, 'chen', 422, '/application'],
];

/** What is wrong · the step of a request in review · by whom · what it says · status. */
export const BAD_STEPS: readonly (readonly [string, string, Login, object, number])[] = [
  ['approved again', 'approve', 'wang', {}, 409],
  ['submitted again', 'submit', 'li', {}, 409],
  ['decided by an operator', 'agree', 'zhao', {}, 403],
  ['decided by the applicant', 'agree', 'wang', {}, 403],
  ['decided by a department that has nothing to do with it', 'agree', 'wu', {}, 404],
  ['decided by the authority', 'agree', 'zhou', {}, 403],
  ['refused without reasons', 'refuse', 'chen', {}, 400],
  ['refused for a blank reason', 'refuse', 'chen', { reasons: ' ' }, 400],
  [
    'more fields than asked',
    'agree',
    'chen',
    { fields: [...draft.fields, 'phone'], masks: { ...draft.masks, phone: 'hide' }, reasons: 'x' },
    422,
  ],
  ['a weaker mask than asked', 'agree', 'chen', { masks: { name: 'none', born: 'year' }, reasons: 'x' }, 422],
  ['children unmasked', 'agree', 'chen', { masks: { ...draft.masks, minors: 'none' }, reasons: 'x' }, 422],
  ['all rows', 'agree', 'chen', { rows: { all: true }, reasons: 'x' }, 422],
  [
    'a wider scope',
    'agree',
    'chen',
    { rows: { scope: [{ field: 'residence_division', prefix: ['3703'] }] }, reasons: 'x' },
    422,
  ],
  ['a longer time', 'agree', 'chen', { validUntil: inDays(301), reasons: 'x' }, 422],
  ['another purpose', 'agree', 'chen', { purposes: ['social-assistance-review'], reasons: 'x' }, 422],
  ['in part, without reasons', 'agree', 'chen', { fields: ['name'], masks: { name: 'initial' } }, 422],
  ['an empty supplement', 'ask-supplement', 'zhao', { items: [] }, 400],
  ['still missing, where nothing was asked', 'still-missing', 'zhao', { missing: [0] }, 409],
  ['a supplement that nobody asked for', 'supplement', 'li', { answers: ['x'] }, 409],
  ['an extension that nobody asked for', 'extend', 'zhou', {}, 409],
  ['an extension that is too long', 'ask-extension', 'chen', { workingDays: 11, reasons: 'x' }, 400],
  ['suspended before it is active', 'suspend', 'chen', { reasons: 'x' }, 409],
  ['resumed before it is suspended', 'resume', 'chen', {}, 409],
  ['disposed before it has ended', 'confirm-disposal', 'wang', { statement: 'x' }, 409],
  ['withdrawn by the provider', 'withdraw', 'chen', {}, 403],
  ['a step that there is not', 'provide', 'chen', {}, 404],
];
