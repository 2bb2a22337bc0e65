import type { FastifyInstance } from 'fastify';
import type { Exchange } from '../../exchange/exchange.js';
import { isProblemCode, PROBLEMS, Problem, type ProblemCode } from '../../platform/errors.js';
import { bilingual, escapeHtml, page, table } from './page.js';
import { STYLE } from './page-style.js';

/**
 * `/` until the console exists, and `/problems/{code}`: the page that `type` of an error names. Open to anyone; they
 * contain no data.
 */
export async function publicPages(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  const html = 'text/html; charset=utf-8';
  app.get('/', async (_request, reply) => reply.type(html).send(landing(exchange)));
  app.get('/style.css', async (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=3600').send(STYLE),
  );
  app.get<{ Params: { code: string } }>('/problems/:code', async (request, reply) => {
    const { code } = request.params;
    if (!isProblemCode(code)) throw new Problem('not-found');
    return reply.type(html).header('cache-control', 'public, max-age=3600').send(problemPage(code));
  });
  app.get('/problems', async (_request, reply) =>
    reply.type(html).header('cache-control', 'public, max-age=3600').send(problemList()),
  );
}

function landing({ policy, config }: Exchange): string {
  const { contracts } = policy.current().catalog;
  const rows = [...contracts.values()].map((contract) => [
    bilingual(contract.title),
    `<code>${escapeHtml(contract.id)}</code>`,
    escapeHtml(contract.summary.zh),
  ]);
  return page(
    '政务数据共享交换平台 · Civic Exchange',
    `<h1>政务数据共享交换平台 <small lang="en">Civic Exchange</small></h1>
<p class="lead" lang="en">Departments publish datasets under one standard; applications read them under grants; auditors can prove what was read, by whom and why.</p>
${config.demo ? '<p><strong>演示环境：全部人员、证件与地址均为合成数据。</strong> <span class="lead" lang="en">Demo: every person, number and address here is synthetic.</span></p>' : ''}
<ul>
<li><a href="/standard">社区数据标准 · Community data standard</a></li>
<li><a href="/docs">接口文档 · API reference</a> — <a href="/openapi.yaml">OpenAPI 3.1 (YAML)</a>, <a href="/openapi.json">JSON</a></li>
<li><a href="/.well-known/openid-configuration">授权服务器 · Authorization server</a></li>
<li><a href="/audit/v1/checkpoint">审计日志检查点 · Checkpoint of the audit log</a></li>
<li><a href="/problems">错误代码 · Error codes</a></li>
<li><a href="/health/ready">运行状态 · Health</a></li>
</ul>
${table({ zh: '数据目录', en: 'Catalog' }, CATALOG_HEADINGS, rows)}`,
  );
}

const CATALOG_HEADINGS = [
  ['名称', 'Title'],
  ['数据资源', 'Dataset'],
  ['摘要', 'Summary'],
] as const;

function problemPage(code: ProblemCode): string {
  const { status, title } = PROBLEMS[code];
  return page(
    code,
    `<h1><code>${code}</code></h1><p>HTTP ${status} — ${escapeHtml(title)}.</p><p><a href="/problems">错误代码 · All error codes</a></p>`,
  );
}

function problemList(): string {
  const rows = Object.entries(PROBLEMS).map(([code, { status, title }]) => [
    `<a href="/problems/${code}"><code>${code}</code></a>`,
    `<span class="number">${status}</span>`,
    `<span lang="en">${escapeHtml(title)}</span>`,
  ]);
  const register = table({ zh: '代码', en: 'Codes' }, PROBLEM_HEADINGS, rows);
  return page('错误代码 · Error codes', `<h1>错误代码 <small lang="en">Error codes</small></h1>${register}`);
}

const PROBLEM_HEADINGS = [
  ['代码', 'Code'],
  ['状态', 'Status'],
  ['含义', 'Title'],
] as const;
