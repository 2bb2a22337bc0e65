/** A statutory deadline of 政务数据共享条例 (State Council Decree 809, in force 2025-08-01). */
export interface Duty {
  article: 17 | 21 | 22;
  title: { zh: string; en: string };
  /** The start day is not counted. */
  workingDays: number;
  /** Working days that the authority can add at most, by consent and with notice to who waits; 0: none. */
  extension: number;
}

export const DUTIES = {
  'catalog-update': {
    article: 17,
    title: { zh: '目录更新', en: 'Update of a catalog entry after its recorded cause' },
    workingDays: 10,
    extension: 5,
  },
  'catalog-review': {
    article: 17,
    title: { zh: '目录审核发布', en: 'Review and publication of a submitted catalog entry' },
    workingDays: 2,
    extension: 0,
  },
  'reply-unconditional': {
    article: 21,
    title: { zh: '无条件共享申请答复', en: 'Reply to a request for an unconditional dataset' },
    workingDays: 1,
    extension: 10,
  },
  'reply-conditional': {
    article: 21,
    title: { zh: '有条件共享申请答复', en: 'Reply to a request for a conditional dataset' },
    workingDays: 10,
    extension: 10,
  },
  provision: {
    article: 22,
    title: { zh: '数据提供', en: 'Provision of the data after the agreement' },
    workingDays: 20,
    extension: 0,
  },
} as const satisfies Record<string, Duty>;

export type DutyName = keyof typeof DUTIES;
export const DUTY_NAMES: readonly DutyName[] = [
  'catalog-update',
  'catalog-review',
  'reply-unconditional',
  'reply-conditional',
  'provision',
];

export const isDuty = (name: string): name is DutyName => Object.hasOwn(DUTIES, name);
