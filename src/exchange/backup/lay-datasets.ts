import type pg from 'pg';
import { applyRecords, emptyState } from '../../access/policy/policy-state.js';
import { listedEntries } from '../../access/policy/proof/policy-entries.js';
import { NOTHING_PROVED } from '../../access/policy/proof/proved.js';
import { readRecords } from '../../access/policy/proof/read-records.js';
import type { Contract } from '../../catalog/contract.js';
import { changeStatements, createStatements, indexesOf } from '../../catalog/table.js';

/** Makes the tables of all contracts that the log vouches for, the oldest version of each dataset first. Returns the contracts. */
export async function layDatasets(client: pg.ClientBase, size: number): Promise<Contract[]> {
  const records = await readRecords(client, await listedEntries(client, 0, size));
  const { catalog } = applyRecords(emptyState(), records, { epoch: 0, proved: NOTHING_PROVED, onClosed: () => {} });
  const contracts = [...catalog.contracts.values()];
  const laid = new Map<string, Contract>();
  for (const contract of contracts) {
    const before = laid.get(contract.table);
    const statements = before === undefined ? createStatements(contract) : changeStatements(before, contract);
    for (const statement of statements) await client.query(statement);
    laid.set(contract.table, contract);
  }
  return contracts;
}

/** Makes the indexes that the tables had. Those of grants' orders are made by the first node. */
export async function layIndexes(
  client: pg.ClientBase,
  contracts: readonly Contract[],
  names: ReadonlySet<string>,
): Promise<void> {
  for (const contract of contracts) {
    for (const { name, statement } of indexesOf(contract)) if (names.has(name)) await client.query(statement);
  }
}
