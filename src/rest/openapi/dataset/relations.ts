import type { TSchema } from 'typebox';
import type { Catalog } from '../../../catalog/catalog.js';
import type { Contract } from '../../../catalog/contract.js';
import { ASK_LIMITS } from '../../../query/limits.js';
import { choice, pattern } from '../../shapes.js';

/** A longer list of names helps nobody. */
const PATHS_AT_MOST = 80;

/**
 * Relation paths that `_expand` takes, nearest first: `household`, `household.house`. Undefined if there are too many
 * to list.
 */
function relationPaths(contract: Contract, catalog: Catalog): string[] | undefined {
  const paths: string[] = [];
  let level: { path: string; at: Contract }[] = [{ path: '', at: contract }];
  for (let depth = 0; depth < ASK_LIMITS.relationDepth && level.length > 0; depth++) {
    level = level.flatMap(({ path, at }) =>
      [...at.relations.values()].flatMap((relation) => {
        const target = catalog.contracts.get(relation.to);
        const name = path === '' ? relation.name : `${path}.${relation.name}`;
        return target === undefined ? [] : [{ path: name, at: target }];
      }),
    );
    paths.push(...level.map(({ path }) => path));
    if (paths.length > PATHS_AT_MOST) return undefined;
  }
  return paths;
}

/** One relation path; undefined if the contract has no relation. */
export function relationPathSchema(contract: Contract, catalog: Catalog): TSchema | undefined {
  const paths = relationPaths(contract, catalog);
  if (paths === undefined) {
    const first = [...contract.relations.keys()].join('|');
    return pattern(`^(${first})(\\.[a-z][a-z0-9_]*){0,${ASK_LIMITS.relationDepth - 1}}$`, 300);
  }
  return paths.length === 0 ? undefined : choice(paths);
}
