import { createHash } from 'node:crypto';
import { loadStandard, type Standard } from '../standard/standard.js';
import type { Contract, Publisher, Purpose } from './contract.js';
import { withPersonalJoins } from './personal-joins.js';

/** An immutable snapshot of everything published. A change makes a new snapshot. */
export interface Catalog {
  /** By id, `police/resident/v1`. */
  readonly contracts: ReadonlyMap<string, Contract>;
  readonly publishers: ReadonlyMap<string, Publisher>;
  readonly purposes: ReadonlyMap<string, Purpose>;
  /** The standard in force: the shipped one, with the code lists as the tenant last changed them. */
  readonly standard: Standard;
  /** SHA-256 (hex) over the hashes of the contracts: changes with every contract. */
  readonly hash: string;
}

/** A snapshot sorted by id, so that two nodes with the same contracts compute the same hash. */
export function makeCatalog(
  contracts: Iterable<Contract>,
  publishers: Iterable<Publisher>,
  purposes: Iterable<Purpose>,
  standard: Standard = loadStandard(),
): Catalog {
  const ordered = withPersonalJoins([...contracts].sort((a, b) => (a.id < b.id ? -1 : 1)));
  const digest = createHash('sha256');
  for (const contract of ordered) digest.update(`${contract.id} ${contract.hash}\n`);
  return Object.freeze({
    contracts: new Map(ordered.map((contract) => [contract.id, contract])),
    publishers: new Map([...publishers].map((publisher) => [publisher.slug, publisher])),
    purposes: new Map([...purposes].map((purpose) => [purpose.code, purpose])),
    standard,
    hash: digest.digest('hex'),
  });
}
