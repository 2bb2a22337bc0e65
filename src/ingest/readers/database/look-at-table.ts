import { broken, KEPT_TEXT, ROW_LIMIT, type Source, type SourceRow } from '../source.js';
import type { DatabaseConnection } from './connection.js';
import { plainDecimal } from './pull-table.js';
import { absentTable, sourceProblem } from './source-problem.js';
import { parseTable } from './table-name.js';

/**
 * The rows of one table or view as a table without a contract: every column under its own name, in no order.
 * @throws Unreadable (from the batches) where there is no such table; Problem upstream-refused, upstream-failed
 */
export function wholeTable(connection: DatabaseConnection, name: string, stillApproved: () => void): Source {
  let headings: readonly string[] | undefined;
  return {
    headings: () => headings,
    async *batches() {
      try {
        const table = parseTable(name);
        const columns = await connection.columns(table);
        if (columns.length === 0) throw absentTable();
        headings = columns.map((column) => column.name);
        let line = 0;
        for await (const batch of connection.rows({ table, columns, order: [], watermark: undefined })) {
          stillApproved();
          yield batch.map((cells): SourceRow => {
            line++;
            const texts = cells.map((cell, at) => plainDecimal(columns[at]?.type ?? '', cell));
            const text = texts.join('\t');
            if (text.length <= ROW_LIMIT) return { line, text: '', content: { kind: 'cells', cells: texts } };
            return {
              line,
              text: text.slice(0, KEPT_TEXT),
              content: broken('row-size', 'the row is longer than a megabyte'),
            };
          });
        }
      } catch (error) {
        throw sourceProblem(error);
      }
    },
  };
}
