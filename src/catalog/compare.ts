import canonicalize from 'canonicalize';
import type { Contract, Field } from './contract.js';

/** One difference inside a major. `review`: nothing breaks, but a person should look (protection, mapping, sharing). */
export interface ContractChange {
  /** JSON Pointer into the contract. */
  path: string;
  what: string;
  breaking: boolean;
  review: boolean;
}

/** Differences between a contract and its successor of the same major; empty where only texts for people differ. */
export function compareContracts(before: Contract, after: Contract): ContractChange[] {
  const changes: ContractChange[] = [];
  const add = (path: string, what: string, kind: 'breaking' | 'review' | 'additive'): void => {
    changes.push({ path, what, breaking: kind === 'breaking', review: kind === 'review' });
  };
  compareShape(before, after, add);
  for (const field of before.fields.values()) {
    const next = after.fields.get(field.name);
    if (next === undefined) add(`/fields/${field.name}`, `The field ${field.name} is removed`, 'breaking');
    else compareField(field, next, add);
  }
  for (const field of after.fields.values()) {
    if (before.fields.has(field.name)) continue;
    if (field.required) add(`/fields/${field.name}/required`, `The new field ${field.name} is required`, 'breaking');
    else add(`/fields/${field.name}`, `The field ${field.name} is added`, 'additive');
  }
  compareUses(before, after, add);
  compareRelations(before, after, add);
  compareTerms(before, after, add);
  return changes;
}

type Add = (path: string, what: string, kind: 'breaking' | 'review' | 'additive') => void;

function compareShape(before: Contract, after: Contract, add: Add): void {
  if (!same(before.key, after.key)) add('/key', 'The key is changed', 'breaking');
  if (before.entity !== after.entity) add('/entity', 'The entity is changed', 'breaking');
  if (before.partition !== after.partition) add('/partition', 'The partition is changed', 'breaking');
  if (!same([...before.subjects].sort(), [...after.subjects].sort())) {
    // Subjects decide the children's mask and the subject index of rows that are already stored.
    add('/subjects', 'The subjects are changed', 'breaking');
  }
}

function compareField(before: Field, after: Field, add: Add): void {
  const path = `/fields/${before.name}`;
  compareType(before, after, add);
  if (!before.required && after.required) add(`${path}/required`, `${before.name} becomes required`, 'breaking');
  if (before.required && !after.required) add(`${path}/required`, `${before.name} may be absent now`, 'review');
  if (before.sensitivity !== after.sensitivity) {
    const way = after.sensitivity < before.sensitivity ? 'lowered' : 'raised';
    add(`${path}/sensitivity`, `The sensitivity of ${before.name} is ${way}`, 'review');
  }
  if (before.defaultMask !== after.defaultMask) add(`${path}/mask`, `The mask of ${before.name} is changed`, 'review');
  if (!same(before.from, after.from)) add(`${path}/from`, `The headings of ${before.name} are changed`, 'review');
  if (!same(before.codes ?? {}, after.codes ?? {})) {
    add(`${path}/codes`, `The codes of ${before.name} are changed`, 'review');
  }
}

function compareType(before: Field, after: Field, add: Add): void {
  const path = `/fields/${before.name}`;
  const from = before.type;
  const to = after.type;
  if (same({ ...from, length: 0 }, { ...to, length: 0 })) {
    const change = (to.length ?? 0) - (from.length ?? 0);
    if (change < 0) add(`${path}/length`, `${before.name} becomes shorter`, 'breaking');
    if (change > 0) add(`${path}/length`, `${before.name} becomes longer`, 'additive');
  } else {
    add(`${path}/type`, `The type of ${before.name} is changed (${from.name} → ${to.name})`, 'breaking');
  }
}

function compareUses(before: Contract, after: Contract, add: Add): void {
  for (const use of ['filterable', 'sortable', 'scopes'] as const) {
    for (const name of before[use]) {
      if (!after[use].has(name)) add(`/${use}`, `${name} is no longer in ${use}`, 'breaking');
    }
    for (const name of after[use]) {
      if (before[use].has(name)) continue;
      add(`/${use}`, `${name} is added to ${use}`, use === 'scopes' ? 'review' : 'additive');
    }
  }
  if (before.exactCount && !after.exactCount) add('/exact-count', 'Exact counts are no longer allowed', 'breaking');
}

function compareRelations(before: Contract, after: Contract, add: Add): void {
  for (const [name, relation] of before.relations) {
    const next = after.relations.get(name);
    if (next === undefined) add(`/relations/${name}`, `The relation ${name} is removed`, 'breaking');
    else if (relation.to !== next.to || !same(relation.on, next.on)) {
      add(`/relations/${name}`, `The relation ${name} is changed`, 'breaking');
    }
  }
  for (const name of after.relations.keys()) {
    if (!before.relations.has(name)) add(`/relations/${name}`, `The relation ${name} is added`, 'review');
  }
}

function compareTerms(before: Contract, after: Contract, add: Add): void {
  for (const mode of before.delivery.modes) {
    if (!after.delivery.modes.includes(mode)) add('/delivery/mode', `Deliveries by ${mode} are removed`, 'breaking');
  }
  for (const by of before.statistics?.by ?? []) {
    if (!after.statistics?.by.includes(by)) add('/statistics/by', `The dimension ${by} is removed`, 'breaking');
  }
  compareSource(before, after, add);
  if (!same(before.sharing, after.sharing)) add('/sharing', 'The sharing terms are changed', 'review');
}

function compareSource({ delivery: before }: Contract, { delivery: after }: Contract, add: Add): void {
  if (same(before.source, after.source)) return;
  const landed = before.source.kind !== 'proxy' && after.source.kind === 'proxy';
  if (landed)
    add('/delivery/source', 'The rows are no longer kept here: no filter, order or count any more', 'breaking');
  else add('/delivery/source', 'The source of the rows is changed', 'review');
}

/** The order of properties does not matter, and neither does an absent one. */
function same(a: unknown, b: unknown): boolean {
  return canonicalize(a) === canonicalize(b);
}
