import type { Contract, Publisher, Title } from '../../catalog/contract.js';
import { parseDate } from '../../standard/calendar.js';
import { isUscc } from '../../standard/identifier.js';
import { type EntryCells, GRADE_MARK, UNCONDITIONAL } from './contract-row.js';
import {
  ENTRY_KEYS,
  FORM_COLUMNS,
  FORMAT_TYPES,
  type FormKey,
  GRADES,
  ITEM_KEYS,
  MODES,
  NO,
  SHARING,
  YES,
} from './form-columns.js';
import type { MarkCell, SentEntry } from './group-entries.js';

/** What an entry is checked against. */
export interface Checking {
  /** By credit code. */
  publishers: ReadonlyMap<string, Publisher>;
  /** The published contract with its code. */
  published(code: string): Contract | undefined;
  /** Codes of the entries before it in the form. */
  seen: ReadonlySet<string>;
}

type SayOfCell = (column: FormKey, why: Title) => void;

const REQUIRED: Title = {
  zh: '必填项为空（合并单元格的值只在左上角）',
  en: 'is required (a merged cell has its value in its first cell alone)',
};

/** Says what is wrong with the cells of an entry. */
export function checkEntry(entry: SentEntry, checking: Checking, fault: MarkCell): void {
  const { cells } = entry;
  const say: SayOfCell = (column, why) => fault(entry.first, column, why);
  for (const key of ENTRY_KEYS) {
    // Nothing is shared of what is not shared.
    const isSpared = cells.sharing === SHARING.none && (key === 'mode' || key === 'channel');
    if (!isSpared) checkForm(key, cells[key], say);
  }
  checkNames(cells, say, checking);
  checkProvider(cells, say, checking);
  checkSharing(cells, say);
  checkFormat(cells, say, checking);
  checkRest(cells, say, checking);
  checkItems(entry, fault);
}

/** Presence, length, and the words of a column that has a list; cells with several are checked where their meaning is. */
function checkForm(key: FormKey, text: string, say: SayOfCell): void {
  const column = FORM_COLUMNS.get(key);
  if (column === undefined) return;
  const { required, atMost, values } = column;
  if (text === '') {
    if (required) say(key, REQUIRED);
    return;
  }
  if (atMost !== undefined && text.length > atMost) {
    say(key, { zh: `超过 ${atMost} 个字符`, en: `is longer than ${atMost} characters` });
  }
  if (values !== undefined && key !== 'mode' && !values.includes(text)) say(key, oneOf(values));
}

function oneOf(values: readonly string[]): Title {
  return { zh: `应为：${values.join('、')}`, en: `is none of: ${values.join(', ')}` };
}

function checkNames({ category, name, code }: EntryCells, say: SayOfCell, { seen }: Checking): void {
  if (category !== '' && !/^[1-3][0-9]{5,15}$/.test(category)) {
    say('category', {
      zh: '应为 6 至 16 位数字，首位 1 基础、2 主题、3 部门',
      en: 'is not 6 to 16 digits that begin with 1, 2 or 3',
    });
  }
  if (/\s{2,}|[、，。；！？,;!?]$/.test(name))
    say('name', { zh: '名称中有多余的空格或标点', en: 'has spaces or punctuation too many' });
  if (/(系统|平台)$/.test(name))
    say('name', { zh: '应为数据资源名称，不用系统名称', en: 'is the name of a system, not of what it holds' });
  if (code === '') return;
  if (!/^[0-9]{6,16}\/[0-9]{1,10}$/.test(code)) {
    say('code', { zh: '应为 分类代码/顺序码', en: 'is not category/sequence, such as 303001001/000001' });
  } else if (category !== '' && code.split('/')[0] !== category) {
    say('code', { zh: '与信息资源分类不一致', en: 'does not begin with the category' });
  }
  if (seen.has(code)) say('code', { zh: '代码在表中重复', en: 'appears twice in the form' });
}

function checkProvider(
  { provider, uscc, code }: EntryCells,
  say: SayOfCell,
  { publishers, published }: Checking,
): void {
  if (uscc === '') return;
  const publisher = publishers.get(uscc);
  if (!isUscc(uscc)) say('uscc', { zh: '统一社会信用代码的校验位错误', en: 'is not a unified social credit code' });
  else if (publisher === undefined) {
    say('uscc', { zh: '没有登记这个数据提供单位', en: 'no publisher is registered under this code' });
  } else {
    if (provider !== '' && provider !== publisher.title.zh) {
      say('provider', { zh: `登记的名称是 ${publisher.title.zh}`, en: `is registered as ${publisher.title.zh}` });
    }
    const other = published(code);
    if (other !== undefined && other.publisher !== publisher.slug) {
      say('code', { zh: '该代码属于其他提供单位', en: 'belongs to another publisher' });
    }
  }
}

/** Articles 14 and 15 of the regulations. */
function checkSharing({ sharing, condition, mode }: EntryCells, say: SayOfCell): void {
  if (sharing === SHARING.unconditional && condition !== '' && condition !== UNCONDITIONAL) {
    say('condition', { zh: '无条件共享应填“无条件”', en: `is not ${UNCONDITIONAL}, which unconditional sharing has` });
  }
  if (sharing === SHARING.conditional && condition === UNCONDITIONAL) {
    say('condition', { zh: '有条件共享应写明共享范围', en: 'does not state the scope of conditional sharing' });
  }
  if (sharing === SHARING.none && condition !== '' && !/《.+》.*第.+条/.test(condition)) {
    say('condition', {
      zh: '不予共享应写明法律名称和条款，如《…法》第…条',
      en: 'does not name the law and its article',
    });
  }
  const known = Object.values(MODES);
  if (mode !== '' && !modesIn(mode).every((each) => known.includes(each))) say('mode', oneOf(known));
}

function modesOf(modes: unknown): string[] {
  return Array.isArray(modes) ? modes.map((mode) => MODES[String(mode)] ?? '') : [];
}

export function modesIn(mode: string): string[] {
  return mode.split(/[、,，;；]/).map((each) => each.trim());
}

function checkFormat(
  { formatClass, formatType, mode, sharing, code }: EntryCells,
  say: SayOfCell,
  { published }: Checking,
): void {
  const types = FORMAT_TYPES[formatClass];
  if (types !== undefined && formatType !== '' && !types.includes(formatType)) say('formatType', oneOf(types));
  if (mode === '' || sharing === SHARING.none) return;
  // What is published so stays so.
  const before = new Set(modesOf(published(code)?.sharing.modes));
  if (modesIn(mode).every((each) => before.has(each))) return;
  const has = (name: string) => modesIn(mode).includes(MODES[name] ?? '');
  if ((formatClass === '电子文件' || formatClass === '电子表格') && !has('file')) {
    say('mode', { zh: '文件类资源应含文件下载', en: 'lacks 文件下载, which files have' });
  }
  if (formatClass === '数据库' && !has('batch') && !has('api')) {
    say('mode', { zh: '数据库类资源应含数据库或服务接口', en: 'lacks 数据库 or 服务接口, which databases have' });
  }
}

function checkRest(cells: EntryCells, say: SayOfCell, { published }: Checking): void {
  const { open, openCondition, issued, grade, approved, code } = cells;
  if (open === NO && openCondition !== '')
    say('openCondition', { zh: '不向社会开放的不填', en: 'is not open, so has no condition' });
  if (issued !== '' && parseDate(issued) === undefined) say('issued', { zh: '应为 CCYY-MM-DD', en: 'is no date' });
  const [category = '', level = ''] = gradeIn(grade);
  if (grade !== '' && (category === '' || !Object.values(GRADES).includes(level))) {
    say('grade', {
      zh: `应为 分类${GRADE_MARK}分级，分级为：${Object.values(GRADES).join('、')}`,
      en: 'is not class／grade',
    });
  }
  // What was approved before a date was asked for stays approved.
  const before = published(code)?.assessments['approved-by'];
  if (approved !== '' && approved !== before && !/\d{4}\s*[-/.年]\s*\d{1,2}/.test(approved)) {
    say('approved', { zh: '应有姓名和日期，如 王主任 2026-01-30', en: 'lacks the date of the approval' });
  }
}

export function gradeIn(grade: string): string[] {
  return grade.split(/\s*[／/]\s*/);
}

function checkItems({ first, items }: SentEntry, fault: MarkCell): void {
  if (items.length === 0) fault(first, 'item', { zh: '至少有一个信息项', en: 'an entry has at least one item' });
  const seen = new Set<string>();
  for (const { row, cells } of items) {
    const say: SayOfCell = (column, why) => fault(row, column, why);
    for (const key of ITEM_KEYS) checkForm(key, cells[key], say);
    if (cells.item !== '' && seen.has(cells.item))
      say('item', { zh: '信息项名称重复', en: 'appears twice in its entry' });
    seen.add(cells.item);
    if (cells.length !== '' && !/^[1-9]\d{0,5}$/.test(cells.length))
      say('length', { zh: '应为整数', en: 'is no whole number' });
    if (cells.key === YES && cells.nullable === YES)
      say('nullable', { zh: '主键不可为空', en: 'a key is never empty' });
  }
}
