import type pg from 'pg';
import type { Catalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { identifier } from '../../catalog/names.js';
import { isPersonal } from '../../standard/mask.js';
import { releasedDatasets } from './released.js';

const PAGE = 20_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** What to read of an entity: fields, codes whose rows are left out, and the most rows. `take` gets each row. */
interface PlaceReading {
  entity: string;
  fields: readonly string[];
  without?: { field: string; codes: readonly string[] };
  atMost: number;
  take(row: (string | null)[]): void;
}

/** The datasets that were read, as `name@release`, and whether there were more rows than allowed. */
interface PlacesRead {
  datasets: readonly string[];
  cut: boolean;
}

/**
 * Reads L1 and L2 fields of the datasets that are the source of truth about places, as exchange_owner. Releases are
 * read before the rows: if a release comes in between, a later read has another name.
 */
export async function placeReader(
  client: pg.ClientBase,
  catalog: Catalog,
): Promise<(reading: PlaceReading) => Promise<PlacesRead>> {
  const datasets = await releasedDatasets(client, catalog);
  return async (reading) => {
    const open = datasets(reading.entity).filter(({ contract }) => isOpen(contract, reading.fields));
    const read = open.map(({ contract, release }) => `${contract.name}@${release}`);
    return { datasets: read, cut: await readPlaces(client, open, reading) };
  };
}

/** The contract has these fields, none is personal, and its publisher is the source of truth. */
function isOpen({ fields, sourceOfTruth }: Contract, names: readonly string[]): boolean {
  return sourceOfTruth && names.every((name) => !isPersonal(fields.get(name)?.sensitivity ?? 'L4'));
}

/** Page by page, so memory holds only what `take` keeps. True if there were more rows than allowed. */
async function readPlaces(
  client: pg.ClientBase,
  datasets: readonly { rows: string }[],
  { fields, without, atMost, take }: PlaceReading,
): Promise<boolean> {
  const columns = fields.map(identifier).join(', ');
  const where = without === undefined ? '' : ` AND ${identifier(without.field)} <> ALL($2::text[])`;
  let read = 0;
  for (const dataset of datasets) {
    let after = FIRST;
    for (let more = true; more; ) {
      const { rows } = await client.query<[string, ...(string | null)[]]>({
        text: `SELECT row_id, ${columns} FROM ${dataset.rows} p WHERE row_id > $1${where} ORDER BY row_id LIMIT ${PAGE}`,
        values: without === undefined ? [after] : [after, without.codes],
        rowMode: 'array',
      });
      read += rows.length;
      if (read > atMost) return true;
      for (const [id, ...values] of rows) {
        after = id;
        take(values);
      }
      more = rows.length === PAGE;
    }
  }
  return false;
}
