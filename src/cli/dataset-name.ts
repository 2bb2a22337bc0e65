import { InvalidArgumentError } from 'commander';
import { contractId, datasetPath } from '../catalog/contract-id.js';

const DATASET = /^([a-z][a-z0-9-]*)\/([a-z][a-z0-9-]*)(?:\/v([1-9][0-9]*))?$/;

export const DATASET_HELP = 'publisher/dataset, or publisher/dataset/v2 for another major than 1';

/** A dataset as a person names it. */
export interface DatasetName {
  publisher: string;
  /** `police/resident/v1`. */
  contract: string;
  /** `/data/police/resident/v1`. */
  path: string;
}

/** For commander. Throws InvalidArgumentError. */
export function parseDataset(text: string): DatasetName {
  const found = datasetOf(text);
  if (found === undefined) throw new InvalidArgumentError('Expected publisher/dataset, such as police/resident.');
  return found;
}

export function datasetOf(text: string): DatasetName | undefined {
  const [, publisher, dataset, major = '1'] = DATASET.exec(text) ?? [];
  if (!publisher) return undefined;
  const contract = contractId(`${publisher}/${dataset}`, major);
  return { publisher, contract, path: datasetPath(contract) };
}
