import type pg from 'pg';
import type { Catalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { identifier } from '../../catalog/names.js';
import { isPersonal } from '../../standard/mask.js';
import { releasedDatasets } from './released.js';

const PAGE = 20_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** What is read of an entity: fields, without the rows that have certain codes, at most so many rows. `take` hears each row. */
interface PlaceReading {
  entity: string;
  fields: readonly string[];
  without?: { field: string; codes: readonly string[] };
  atMost: number;
  take(row: (string | null)[]): void;
}

/** Which datasets were read, as `name@release`, and whether there were more rows than allowed. */
interface PlacesRead {
  datasets: readonly string[];
  cut: boolean;
}

/**
 * Reads L1 and L2 fields of datasets that are the source of truth about places. As exchange_owner. Releases are those of before the rows: with
 * a release that comes in between, a later reading has another name, not this one.
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

/** The contract has these fields, none of them personal, and its publisher answers for them. */
function isOpen({ fields, sourceOfTruth }: Contract, names: readonly string[]): boolean {
  return sourceOfTruth && names.every((name) => !isPersonal(fields.get(name)?.sensitivity ?? 'L4'));
}

/** Page by page, so that no more of it is held than what `take` keeps. True where there were more rows than allowed. */
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
