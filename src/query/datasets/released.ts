import type pg from 'pg';
import type { Catalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { identifier } from '../../catalog/names.js';
import type { ReleasedDataset, ReleasedDatasets } from '../../catalog/released.js';
import { liveTable } from '../../catalog/table.js';

/** The datasets of the catalog that have a release; datasets that are asked live have none. */
export async function releasedDatasets(client: pg.ClientBase | pg.Pool, catalog: Catalog): Promise<ReleasedDatasets> {
  const { rows } = await client.query<{ name: string; release: string }>(
    'SELECT name, release FROM exchange.line WHERE release > 0',
  );
  const releases = new Map(rows.map(({ name, release }) => [name, Number(release)]));
  return (entity) => {
    const found = new Map<string, ReleasedDataset>();
    for (const contract of catalog.contracts.values()) {
      const known = found.get(contract.name)?.contract.major ?? 0;
      const release = releases.get(contract.name);
      if (contract.entity !== entity || contract.delivery.source.kind === 'proxy' || contract.major <= known) continue;
      if (release !== undefined) found.set(contract.name, { contract, release, rows: rowsOf(contract) });
    }
    return [...found.values()];
  };
}

/** PostgreSQL plans it like the table itself. */
function rowsOf(contract: Contract): string {
  const columns = ['row_id', ...contract.fields.keys()].map(identifier).join(', ');
  return `(SELECT ${columns} FROM ${liveTable(contract)})`;
}

/** The values of a field in the rows with these keys, by key. */
export async function fieldByKey(
  client: pg.ClientBase,
  contract: Contract,
  { field, keys }: { field: string; keys: readonly unknown[] },
): Promise<ReadonlyMap<string, string>> {
  const [key, value] = [identifier(contract.key[0] ?? ''), identifier(field)];
  const { rows } = await client.query<{ key: string; value: string }>(
    `SELECT ${key} AS key, ${value} AS value FROM ${liveTable(contract)} WHERE ${key} = ANY($1::text[])`,
    [keys],
  );
  return new Map(rows.map((row) => [row.key, row.value]));
}
