import { pointerTo } from '../../platform/json-pointer.js';
import type { CatalogDraft, KeyDraft, OpenDecision } from './catalog-draft.js';
import type { DraftedColumn } from './draft-columns.js';
import type { TableProfile } from './look/table-profile.js';

const REGULATIONS = '《政务数据共享条例》';

/** What no table shows, in the order of the contract. */
const ALWAYS: readonly OpenDecision[] = [
  { path: '/title', zh: '核对中英文名称', en: 'Check the titles in both languages', basis: `${REGULATIONS}第十三条` },
  {
    path: '/summary',
    zh: '填写中英文摘要',
    en: 'Write the summary in both languages',
    basis: `${REGULATIONS}第十三条`,
  },
  { path: '/resource/code', zh: '分配目录代码', en: 'Assign the catalog code', basis: null },
  {
    path: '/resource/update',
    zh: '确定更新周期',
    en: 'State how often it is updated',
    basis: `${REGULATIONS}第十三条`,
  },
  { path: '/classification', zh: '数据分类分级', en: 'Classify and grade the data', basis: `${REGULATIONS}第十三条` },
  {
    path: '/sharing/attribute',
    zh: '确定共享属性：无条件共享、有条件共享或不予共享',
    en: 'Decide the sharing attribute: unconditional, conditional or none',
    basis: `${REGULATIONS}第十三条`,
  },
  {
    path: '/sharing/law',
    zh: '不予共享的，写明法律依据',
    en: 'Where it is not shared, name the law',
    basis: `${REGULATIONS}第十四条`,
  },
  {
    path: '/sharing/scope',
    zh: '有条件共享的，写明共享范围和用途',
    en: 'Where conditions hold, state the scope and the use',
    basis: `${REGULATIONS}第十五条`,
  },
  { path: '/sharing/modes', zh: '确定共享方式', en: 'State the modes of sharing', basis: `${REGULATIONS}第十三条` },
  { path: '/sharing/basis', zh: '写明共享依据', en: 'State the legal basis', basis: null },
  {
    path: '/assessments/secrecy',
    zh: '保密风险评估',
    en: 'Assess the risk to state secrets',
    basis: `${REGULATIONS}第十三条`,
  },
  {
    path: '/assessments/personal-information',
    zh: '个人信息保护影响评估',
    en: 'Assess the impact on personal information',
    basis: `${REGULATIONS}第十三条`,
  },
  {
    path: '/assessments/approved-by',
    zh: '部门负责人批准',
    en: 'Approval by the head of the department',
    basis: `${REGULATIONS}第十三条`,
  },
  {
    path: '/partition',
    zh: '如由多个单位填报，确定分区字段',
    en: 'Where several bodies deliver it, name the field of their parts',
    basis: null,
  },
];

/** Below this a person should look at the element of a column. */
const DOUBTFUL_BELOW = 0.65;

/** What the draft leaves to a person: what no table shows, then what is doubtful in this one. */
export function decisionsOf(
  columns: readonly DraftedColumn[],
  drafted: { table: TableProfile; keys: readonly KeyDraft[]; document: CatalogDraft['document'] },
): OpenDecision[] {
  const key: OpenDecision[] =
    drafted.keys.length > 0
      ? []
      : [{ path: '/key', zh: '没有发现可作主键的列，请指定', en: 'No column can be a key: name one', basis: null }];
  return [...ALWAYS, ...key, ...columns.flatMap((each) => columnDecisions(each, drafted.table))];
}

function columnDecisions({ column, element }: DraftedColumn, { rows }: TableProfile): OpenDecision[] {
  const path = pointerTo(['fields', column.field]);
  const decisions: OpenDecision[] = [];
  const say = (zh: string, en: string) => void decisions.push({ path, zh, en, basis: null });
  if (!column.standard)
    say('标准之外的字段：核对名称、类型和敏感级别', 'Beyond the entity: check name, type and sensitivity');
  else if (column.certainty < DOUBTFUL_BELOW)
    say('把握不大：核对是否为该数据元', 'Doubtful: check that it is this element');
  if (element?.required === true && column.empty > 0 && column.standard) {
    say(
      `标准要求必填，但 ${rows} 行中有 ${column.empty} 行为空`,
      `The standard requires it; ${column.empty} of ${rows} rows have none`,
    );
  }
  const open = (column.codes ?? []).filter(({ code }) => code === null).length;
  if (open > 0) say(`有 ${open} 个取值未找到对应代码`, `${open} of its values have no code`);
  if (column.codes !== null && column.values.length === 0) {
    say(
      '取值因可能指向个人而未显示：按代码表名称预填，请核对',
      'Its values are not shown, because one may point to a person: the titles of the list stand in for them',
    );
  }
  return decisions;
}
