import Type from 'typebox';
import { type Templating, templateCsv, templateWorkbook, titleOf } from '../../ingest/workbook/template.js';
import { CALL } from '../openapi/headers.js';
import { DATASET, datasetOperation, isKept, whereContract } from '../operation.js';
import { bytes, choice, closed, text } from '../shapes.js';

export const WORKBOOK_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/**
 * The table to fill in, for deliverers: headings, drop-downs and explanations from the contract, the month, and their
 * rows.
 */
export const templateOperations = whereContract(isKept, [
  datasetOperation({
    method: 'GET',
    path: `${DATASET}/template`,
    who: ['deliverer'],
    query: closed({ format: Type.Optional(choice(['xlsx', 'csv'])) }),
    of: ({ name, title }) => ({
      id: `get${name}Template`,
      summary: `${title}: this month's table to fill in`,
      description: 'For the deliverer: headings, drop-downs for codes, and the values that each column accepts.',
      headers: CALL,
      replies: {
        200: {
          description: 'A table without rows.',
          content: { [WORKBOOK_TYPE]: bytes(1_073_741_824), 'text/csv': text(1_000_000) },
        },
      },
      problems: [400, 403, 404],
    }),
    async handler({ exchange }, { reply, caller, query }) {
      const { contract, grant } = caller.permit.root;
      const { format = 'xlsx' } = query();
      const { standard } = caller.index.catalog;
      const templating: Templating = { contract, standard, scope: grant.rows, now: exchange.clock.now() };
      reply.header('content-disposition', attachment(titleOf(templating), format));
      if (format === 'csv') return reply.type('text/csv; charset=utf-8; header=present').send(templateCsv(templating));
      return reply.type(WORKBOOK_TYPE).send(await templateWorkbook(templating));
    },
  }),
]);

/** RFC 6266 with RFC 8187: the name in UTF-8, and an ASCII name. */
function attachment(title: string, format: string): string {
  const name = `${title.replace(/[\\/:*?"<>|\s]+/g, '-')}.${format}`;
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="template.${format}"; filename*=UTF-8''${encoded}`;
}
