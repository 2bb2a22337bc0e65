import type { FastifyInstance } from 'fastify';
import type { Exchange } from '../../exchange/exchange.js';
import { type Templating, templateCsv, templateWorkbook, titleOf } from '../../ingest/workbook/template.js';
import { Problem } from '../../platform/errors.js';
import { authoriseRequest } from '../data/authorise-request.js';
import { pairsOf } from '../data/parse-url.js';
import { queryStringOf } from '../http/request.js';
import type { Params } from './route-dataset.js';

export const WORKBOOK_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const FORMATS = ['xlsx', 'csv'] as const;

/** The table to fill in, for whoever may deliver: headings, drop-downs and explanations of the contract, the month, and their part. */
export async function templateRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  app.get<{ Params: Params }>('/data/:publisher/:dataset/v:major/template', async (request, reply) => {
    const { permit, index } = await authoriseRequest(exchange, request, reply);
    const format = parseFormat(queryStringOf(request));
    const { contract, grant } = permit.access.get('')!;
    const { standard } = index.catalog;
    const templating: Templating = { contract, standard, scope: grant.rows, now: exchange.clock.now() };
    reply.header('content-disposition', attachment(titleOf(templating), format));
    if (format === 'csv') return reply.type('text/csv; charset=utf-8; header=present').send(templateCsv(templating));
    return reply.type(WORKBOOK_TYPE).send(await templateWorkbook(templating));
  });
}

function parseFormat(query: string): (typeof FORMATS)[number] {
  const pairs = pairsOf(query);
  const foreign = pairs.find(({ name }) => name !== 'format');
  if (foreign !== undefined) {
    const fault = { parameter: foreign.name.slice(0, 100), reason: 'unknown parameter', expected: 'format' };
    throw new Problem('unknown-parameter', undefined, { faults: [fault] });
  }
  if (pairs.length > 1) {
    throw new Problem('repeated-parameter', undefined, { faults: [{ parameter: 'format', reason: 'stands twice' }] });
  }
  const format = FORMATS.find((each) => each === (pairs[0]?.value ?? 'xlsx'));
  if (format !== undefined) return format;
  const fault = { parameter: 'format', reason: 'not a format', expected: 'xlsx or csv' };
  throw new Problem('bad-value', undefined, { faults: [fault] });
}

/** RFC 6266 with RFC 8187: the name in UTF-8, and one of ASCII beside it. */
function attachment(title: string, format: string): string {
  const name = `${title.replace(/[\\/:*?"<>|\s]+/g, '-')}.${format}`;
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="template.${format}"; filename*=UTF-8''${encoded}`;
}
