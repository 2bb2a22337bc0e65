import type { FastifyInstance } from 'fastify';
import type { Exchange } from '../exchange/exchange.js';
import { PROBLEMS, Problem, type ProblemCode } from '../platform/errors.js';

/** `/` until the console comes, and `/problems/{code}`: the page behind the `type` of every error. Anyone may read them; they hold no data. */
export async function publicPages(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  const html = 'text/html; charset=utf-8';
  app.get('/', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(html).header('cache-control', 'no-store').send(landing(exchange)),
  );
  app.get('/style.css', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=3600').send(STYLE),
  );
  app.get<{ Params: { code: string } }>('/problems/:code', { schema: { hide: true } }, async (request, reply) => {
    const { code } = request.params;
    if (!Object.hasOwn(PROBLEMS, code)) throw new Problem('not-found');
    return reply
      .type(html)
      .header('cache-control', 'public, max-age=3600')
      .send(problemPage(code as ProblemCode));
  });
  app.get('/problems', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(html).header('cache-control', 'public, max-age=3600').send(problemList()),
  );
}

function landing({ policy, config }: Exchange): string {
  const { contracts } = policy.current().catalog;
  const rows = [...contracts.values()].map(
    (contract) =>
      `<tr><td><code>${escapeHtml(contract.id)}</code></td><td lang="zh-CN">${escapeHtml(contract.title.zh)}</td><td>${escapeHtml(contract.title.en)}</td><td lang="zh-CN">${escapeHtml(contract.summary.zh)}</td></tr>`,
  );
  return page(
    '政务数据共享交换平台 · Civic Exchange',
    `
<h1 lang="zh-CN">政务数据共享交换平台</h1>
<p lang="en">Civic Exchange: departments publish datasets under one standard; applications read them under grants; auditors can prove what was read, by whom and why.</p>
${config.demo ? '<p lang="zh-CN"><strong>演示环境：全部人员、证件与地址均为合成数据。</strong> <span lang="en">Demo: every person, number and address here is synthetic.</span></p>' : ''}
<ul>
<li><a href="/docs">接口文档 · API reference</a> — <a href="/openapi.yaml">OpenAPI 3.1 (YAML)</a>, <a href="/openapi.json">JSON</a></li>
<li><a href="/.well-known/openid-configuration">授权服务器 · Authorization server</a></li>
<li><a href="/audit/v1/checkpoint">审计日志检查点 · Checkpoint of the audit log</a></li>
<li><a href="/problems">错误代码 · Error codes</a></li>
<li><a href="/health/ready">运行状态 · Health</a></li>
</ul>
<table><caption lang="zh-CN">数据目录 · Catalog</caption><thead><tr><th>数据资源</th><th>名称</th><th>Title</th><th>摘要</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  );
}

function problemPage(code: ProblemCode): string {
  const { status, title } = PROBLEMS[code];
  return page(
    code,
    `<h1><code>${code}</code></h1><p>HTTP ${status} — ${escapeHtml(title)}.</p><p><a href="/problems">错误代码 · All error codes</a></p>`,
  );
}

function problemList(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title }]) =>
      `<tr><td><a href="/problems/${code}"><code>${code}</code></a></td><td>${status}</td><td>${escapeHtml(title)}</td></tr>`,
  );
  return page(
    '错误代码 · Error codes',
    `<h1>错误代码 · Error codes</h1><table><thead><tr><th>code</th><th>status</th><th>title</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><link rel="stylesheet" href="/style.css"></head><body><main>${body}</main></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;margin:0}main{max-width:72rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.6rem}table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:600;padding:.5rem 0}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #8884}code{font-family:ui-monospace,monospace}`;
