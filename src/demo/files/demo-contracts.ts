import { join } from 'node:path';
import { checkCatalog } from '../../catalog/check/check-catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { packageRoot } from '../../platform/paths.js';

let contracts: Promise<ReadonlyMap<string, Contract>> | undefined;

/** The contract of a dataset in the package's catalog. Throws an Error where there is none. */
export async function demoContract(dataset: string): Promise<Contract> {
  contracts ??= readContracts();
  const contract = (await contracts).get(dataset);
  if (contract === undefined) throw new Error(`catalog/ has no contract of ${dataset}.`);
  return contract;
}

async function readContracts(): Promise<ReadonlyMap<string, Contract>> {
  const checked = await checkCatalog(join(packageRoot, 'catalog'));
  return new Map(checked.contracts.map((contract) => [contract.name, contract]));
}
