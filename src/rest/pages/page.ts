/** The frame of every page for people: no script, nothing inline, one stylesheet of ours (`/style.css`). */
export function page(title: string, body: string, language = 'zh-CN'): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><link rel="stylesheet" href="/style.css"></head>
<body><header><nav><a class="home" href="/">政务数据共享交换平台</a>${PLACES}</nav></header><main>${body}</main></body></html>
`;
}

const PLACES = [
  ['/standard', '数据标准', 'Standard'],
  ['/docs', '接口文档', 'API'],
  ['/problems', '错误代码', 'Errors'],
]
  .map(([href, zh, en]) => `<a href="${href}">${zh} <small lang="en">${en}</small></a>`)
  .join('');

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Chinese first, then English. */
export function bilingual({ zh, en }: { zh: string; en?: string }): string {
  return en === undefined ? escapeHtml(zh) : `${escapeHtml(zh)} <small lang="en">${escapeHtml(en)}</small>`;
}

/** A table whose cells are already HTML; headings are Chinese and English. A wide table scrolls in its own frame. */
export function table(
  caption: { zh: string; en: string },
  headings: readonly (readonly [string, string])[],
  rows: readonly (readonly string[])[],
): string {
  const head = headings.map(([zh, en]) => `<th scope="col">${zh} <small lang="en">${en}</small></th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n');
  return `<section><h2>${bilingual(caption)} <small class="count">${rows.length}</small></h2><div class="wide"><table><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table></div></section>`;
}
