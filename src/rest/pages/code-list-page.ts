import type { Catalog } from '../../catalog/catalog.js';
import type { CodeList, ListVersion } from '../../standard/code-list.js';
import { elementsWithList } from '../../standard/describe.js';
import { contractsWithList } from '../platform/standard-uses.js';
import { bilingual, escapeHtml, page, table } from './page.js';

/** One code list with its codes, versions and uses; undefined if there is no list of that name. */
export function codeListPage(catalog: Catalog, name: string): string | undefined {
  const list = catalog.standard.codeLists.get(name);
  if (list === undefined) return undefined;
  const elements = elementsWithList(catalog.standard, name).map(
    ({ entity, element }) =>
      `<a href="/standard/entities/${entity.name}"><code>${entity.name}.${element.name}</code></a>`,
  );
  const contracts = contractsWithList(catalog, name).map((id) => `<code>${id}</code>`);
  const source = list.source ?? '本地代码表，代码由本区选定 <small lang="en">tenant list: its codes are ours</small>';
  return page(
    `${list.title.zh} · 社区数据标准`,
    `<p class="path"><a href="/standard">社区数据标准 <small lang="en">Standard</small></a></p>
<h1>${bilingual(list.title)}</h1>
<dl><dt>标识 <small lang="en">Name</small></dt><dd><code>${name}</code></dd>
<dt>依据 <small lang="en">Source</small></dt><dd>${source}</dd>
<dt>版本 <small lang="en">Version</small></dt><dd>${versionOf(list)}</dd>
<dt>数据元 <small lang="en">Elements</small></dt><dd>${elements.join(', ') || '—'}</dd>
<dt>数据资源 <small lang="en">Datasets</small></dt><dd>${contracts.join(', ') || '—'}</dd></dl>
${table({ zh: '代码', en: 'Codes' }, CODE_HEADINGS, codeRows(list))}
${list.history.length === 0 ? '' : table({ zh: '版本历史', en: 'History' }, HISTORY_HEADINGS, list.history.map(historyRow).reverse())}`,
  );
}

const CODE_HEADINGS = [
  ['代码', 'Code'],
  ['名称', 'Title'],
  ['状态', 'Status'],
] as const;

function codeRows(list: CodeList): string[][] {
  return [...list.codes].map(([code, { title, retired }]) => [
    `<code>${escapeHtml(code)}</code>`,
    bilingual(title),
    [
      ...(retired ? ['<span class="retired">已停用 <small lang="en">retired</small></span>'] : []),
      ...(list.shipped.has(code) ? [] : ['本区增加 <small lang="en">added here</small>']),
    ].join(' · '),
  ]);
}

const HISTORY_HEADINGS = [
  ['版本', 'Version'],
  ['生效', 'Since'],
  ['变更', 'Changes'],
  ['说明', 'Note'],
] as const;

function historyRow(change: ListVersion): string[] {
  const kinds = [
    ['增加', 'added', change.added],
    ['改名', 'retitled', change.retitled],
    ['停用', 'retired', change.retired],
    ['恢复', 'revived', change.revived],
    ['删除', 'removed', change.removed],
  ] as const;
  const told = kinds
    .filter(([, , codes]) => codes.length > 0)
    .map(([zh, en, codes]) => `${zh} <small lang="en">${en}</small> <code>${escapeHtml(codes.join(', '))}</code>`);
  const by = change.department === null ? '' : ` <small>${escapeHtml(change.department)}</small>`;
  return [
    `<span class="number">${change.version}</span>`,
    timeOf(change.since),
    told.join('<br>'),
    escapeHtml(change.note) + by,
  ];
}

function versionOf({ version, history }: CodeList): string {
  const newest = history.at(-1);
  if (newest === undefined) return '随标准发布 <small lang="en">as shipped</small>';
  return `第 ${version} 版，自 ${timeOf(newest.since)} <small lang="en">version ${version}</small>`;
}

/** As clocks in China show it, to the minute. */
function timeOf(since: string): string {
  const shown = new Date(since).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 16);
  return `<time class="number" datetime="${escapeHtml(since)}">${shown}</time>`;
}
