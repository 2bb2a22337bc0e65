import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Catalog } from '../../catalog/catalog.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { conforming } from '../platform/standard-uses.js';
import { codeListPage } from './code-list-page.js';
import { entityPage } from './entity-page.js';
import { bilingual, page, table } from './page.js';

interface PageParams {
  Params: { name: string };
}

/**
 * `/standard`: pages of the standard in force, for anyone, because the data dictionary is open to all departments. They
 * contain no data.
 */
export async function standardPages(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  const inForce = () => exchange.policy.current().catalog;
  const send = (reply: FastifyReply, html: string | undefined) => {
    if (html === undefined) throw new Problem('not-found');
    return reply.type('text/html; charset=utf-8').send(html);
  };
  app.get('/standard', async (_request, reply) => send(reply, overviewPage(inForce())));
  app.get<PageParams>('/standard/entities/:name', async ({ params }, reply) =>
    send(reply, entityPage(inForce(), params.name)),
  );
  app.get<PageParams>('/standard/code-lists/:name', async ({ params }, reply) =>
    send(reply, codeListPage(inForce(), params.name)),
  );
}

function overviewPage(catalog: Catalog): string {
  const { standard } = catalog;
  const entities = [...standard.entities.values()].map(({ name, title, elements }) => [
    `<a href="/standard/entities/${name}">${bilingual(title)}</a>`,
    `<code>${name}</code>`,
    `<span class="number">${elements.length}</span>`,
    conforming(catalog, name)
      .map((id) => `<code>${id}</code>`)
      .join('<br>'),
  ]);
  const lists = [...standard.codeLists.values()].map(({ name, title, source, version, codes }) => [
    `<a href="/standard/code-lists/${name}">${bilingual(title)}</a>`,
    `<code>${name}</code>`,
    source ?? '本地代码表 <small lang="en">tenant list</small>',
    `<span class="number">${codes.size}</span>`,
    version === 0 ? '随标准发布 <small lang="en">as shipped</small>' : `第 ${version} 版 <small>v${version}</small>`,
  ]);
  return page(
    '社区数据标准 · Community data standard',
    `<h1>社区数据标准 <small lang="en">Community data standard v${standard.major}</small></h1>
<p>各部门共享的数据资源都以同一套实体、数据元和代码表描述；每个数据资源的目录条目说明它符合哪个实体，以及提供单位自己的字段和代码如何对应。</p>
<p class="lead" lang="en">Every dataset is described by the same entities, data elements and code lists; its contract says to which entity it conforms, and how the publisher's own columns and codes map to it.</p>
${table({ zh: '实体', en: 'Entities' }, ENTITY_HEADINGS, entities)}
${table({ zh: '代码表', en: 'Code lists' }, LIST_HEADINGS, lists)}`,
  );
}

const ENTITY_HEADINGS = [
  ['名称', 'Title'],
  ['标识', 'Name'],
  ['数据元', 'Elements'],
  ['符合它的数据资源', 'Conforming datasets'],
] as const;
const LIST_HEADINGS = [
  ['名称', 'Title'],
  ['标识', 'Name'],
  ['依据', 'Source'],
  ['代码', 'Codes'],
  ['版本', 'Version'],
] as const;
