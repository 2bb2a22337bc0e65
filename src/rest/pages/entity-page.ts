import type { Catalog } from '../../catalog/catalog.js';
import { listOf } from '../../standard/describe.js';
import type { Element, Entity } from '../../standard/entity.js';
import { defaultMask } from '../../standard/mask.js';
import type { Mask, Sensitivity } from '../../standard/type.js';
import { conforming } from '../platform/standard-uses.js';
import { bilingual, escapeHtml, page, table } from './page.js';

const GRADES: Readonly<Record<Sensitivity, string>> = {
  L1: '公开 · open',
  L2: '内部 · internal',
  L3: '个人信息 · personal',
  L4: '敏感个人信息 · sensitive personal',
};

const MASKS: Readonly<Record<Mask, string>> = {
  none: '—',
  hide: '隐藏 <small lang="en">hidden</small>',
  initial: '只留姓 <small lang="en">initial</small>',
  'id-number': '只留前六位 <small lang="en">region digits</small>',
  phone: '隐去中段 <small lang="en">middle hidden</small>',
  year: '只留年份 <small lang="en">year</small>',
  division: '只留镇街 <small lang="en">township</small>',
  pseudonym: '假名 <small lang="en">pseudonym</small>',
};

/** One entity with its elements; undefined if the standard has no entity of that name. */
export function entityPage(catalog: Catalog, name: string): string | undefined {
  const entity = catalog.standard.entities.get(name);
  if (entity === undefined) return undefined;
  const contracts = conforming(catalog, name).map((id) => `<code>${id}</code>`);
  return page(
    `${entity.title.zh} ${entity.title.en} · 社区数据标准`,
    `<p class="path"><a href="/standard">社区数据标准 <small lang="en">Standard</small></a></p>
<h1>${bilingual(entity.title)}</h1>
<dl><dt>标识 <small lang="en">Name</small></dt><dd><code>${entity.name}</code></dd>
<dt>候选主键 <small lang="en">Candidate keys</small></dt><dd>${entity.candidateKeys.map((key) => `<code>${key.join(' + ')}</code>`).join(' 或 ')}</dd>
<dt>数据资源 <small lang="en">Datasets</small></dt><dd>${contracts.length === 0 ? '—' : contracts.join(', ')}</dd></dl>
${table({ zh: '数据元', en: 'Data elements' }, HEADINGS, rows(entity))}
<p class="lead">${legend()}</p>`,
  );
}

const HEADINGS = [
  ['数据元', 'Element'],
  ['标识', 'Name'],
  ['类型', 'Type'],
  ['必填', 'Required'],
  ['敏感级', 'Sensitivity'],
  ['默认脱敏', 'Mask'],
  ['代码表、引用、说明', 'List, reference, note'],
] as const;

function rows(entity: Entity): string[][] {
  const key = new Set(entity.candidateKeys[0]);
  return entity.elements.map((element) => [
    bilingual(element.title),
    `<code${key.has(element.name) ? ' class="key"' : ''}>${element.name}</code>`,
    `<code>${escapeHtml(element.declared)}</code>`,
    element.required ? '是 <small lang="en">yes</small>' : '',
    `<span class="grade ${element.sensitivity}" title="${GRADES[element.sensitivity]}">${element.sensitivity}</span>`,
    MASKS[defaultMask(element.sensitivity, element.mask)],
    notes(element),
  ]);
}

function notes(element: Element): string {
  const list = listOf(element);
  const { references, note } = element;
  return [
    ...(list === undefined ? [] : [`<a href="/standard/code-lists/${list}"><code>${list}</code></a>`]),
    ...(references === undefined
      ? []
      : [`→ <a href="/standard/entities/${references}"><code>${references}</code></a>`]),
    ...(note === undefined ? [] : [`<small lang="en">${escapeHtml(note)}</small>`]),
  ].join(' ');
}

function legend(): string {
  return Object.entries(GRADES)
    .map(([grade, text]) => `<span class="grade ${grade}">${grade}</span> ${text}`)
    .join(' &emsp; ');
}
