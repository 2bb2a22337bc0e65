import { createHmac } from 'node:crypto';
import type { RowScope } from '../../src/access/grants/grant.js';
import type { Contract } from '../../src/catalog/contract.js';
import { rowIdHex } from '../../src/catalog/row-id.js';
import type { Keys } from '../../src/platform/keys/keys.js';
import { loadStandard } from '../../src/standard/standard.js';
import type { BodyAsk, BodyCondition, BodyLeaf } from './ask.js';
import { rowHash } from './row-hash.js';
import type { Row } from './rows.js';

/**
 * What the exchange should answer, worked out row by row in plain JavaScript from what access.md and api.md say. It shares nothing with
 * src/query and src/access but the contracts and the numbers of rows.
 */
export interface Held {
  fields: readonly string[];
  masks: Readonly<Record<string, string>>;
  rows: RowScope;
  /** Of the grant as issued: keys its pseudonyms. */
  linkage: string;
}
export interface World {
  rows: Readonly<Record<string, readonly Row[]>>;
  contract(dataset: string): Contract;
  keys: Keys;
  /** `YYYY-MM-DD` */
  today: string;
  /** By dataset; all of one application and purpose. */
  held: ReadonlyMap<string, Held>;
}

export type Expected =
  | { denied: string; asked: 'filter' | 'selection' }
  | { rows: Record<string, unknown>[]; source: Row[]; count: number };

export function evaluate(world: World, dataset: string, ask: BodyAsk): Expected {
  const held = world.held.get(dataset);
  if (held === undefined) return { denied: 'not-found', asked: 'filter' };
  const sort = ask.sort?.replace(/^-/, '');
  const denied =
    (sort !== undefined && !isOpen(world, dataset, sort) ? 'field-not-granted' : undefined) ??
    denialOf(world, dataset, ask.where);
  if (denied !== undefined) return { denied, asked: 'filter' };
  const ungranted = selectionDenial(world, dataset, ask);
  if (ungranted !== undefined) return { denied: ungranted, asked: 'selection' };
  return select(world, dataset, ask);
}

/** The same without asking whether everything selected is granted. */
export function select(world: World, dataset: string, ask: BodyAsk): { rows: Row[]; source: Row[]; count: number } {
  const rows = inScope(world, dataset).filter((row) => holds(world, dataset, row, ask.where));
  order(world, dataset, rows, ask.sort);
  return { rows: rows.map((row) => output(world, dataset, row, ask)), source: rows, count: rows.length };
}

/** By key: undefined where nothing answers. Asked by a number that is masked in children's rows, a child's row does not answer. */
export function byKey(world: World, dataset: string, key: readonly unknown[], ask: BodyAsk): Row | undefined {
  const contract = world.contract(dataset);
  const row = inScope(world, dataset).find((candidate) => contract.key.every((name, i) => candidate[name] === key[i]));
  if (row === undefined || contract.key.some((name) => minorMask(world, dataset, row, name) !== undefined))
    return undefined;
  return output(world, dataset, row, ask);
}

/** Granted and unmasked, so that it may filter, sort, join and be a key. */
export function isOpen(world: World, dataset: string, field: string): boolean {
  const held = world.held.get(dataset);
  return held?.fields.includes(field) === true && (held.masks[field] ?? 'none') === 'none';
}

function denialOf(world: World, dataset: string, where: BodyCondition | undefined): string | undefined {
  if (where === undefined) return undefined;
  if ('not' in where) return denialOf(world, dataset, where.not);
  if (!('field' in where)) {
    for (const part of 'and' in where ? where.and : where.or) {
      const denied = denialOf(world, dataset, part);
      if (denied !== undefined) return denied;
    }
    return undefined;
  }
  const [first, second] = where.field.split('.');
  if (second === undefined) return isOpen(world, dataset, first!) ? undefined : 'field-not-granted';
  const target = follow(world, dataset, first!);
  if (target === undefined) return 'relation-not-granted';
  return isOpen(world, target, second) ? undefined : 'field-not-granted';
}

function selectionDenial(world: World, dataset: string, ask: BodyAsk): string | undefined {
  const { fields } = world.held.get(dataset)!;
  if (ask.select?.some((name) => name !== '_id' && !fields.includes(name))) return 'field-not-granted';
  return ask.expand.some((path) => targetOf(world, dataset, path) === undefined) ? 'relation-not-granted' : undefined;
}

/** The dataset behind a relation path, or undefined where one on the way is not granted. */
function targetOf(world: World, dataset: string, path: string): string | undefined {
  return path
    .split('.')
    .reduce<string | undefined>((at, name) => (at === undefined ? at : follow(world, at, name)), dataset);
}

function follow(world: World, dataset: string, name: string): string | undefined {
  const relation = world.contract(dataset).relations.get(name)!;
  const target = relation.to.replace(/\/v\d+$/, '');
  const open = Object.entries(relation.on).every(
    ([own, other]) => isOpen(world, dataset, own) && isOpen(world, target, other),
  );
  return open ? target : undefined;
}

function inScope(world: World, dataset: string): Row[] {
  const { rows: scope } = world.held.get(dataset)!;
  const rows = [...world.rows[dataset]!];
  if ('all' in scope) return rows;
  if (scope.scope.length === 0) return [];
  return rows.filter((row) =>
    scope.scope.every((term) => {
      const value = row[term.field];
      if (typeof value !== 'string') return false;
      return 'in' in term ? term.in.includes(value) : term.prefix.some((prefix) => value.startsWith(prefix));
    }),
  );
}

function holds(world: World, dataset: string, row: Row, where: BodyCondition | undefined): boolean {
  if (where === undefined) return true;
  if ('and' in where) return where.and.every((part) => holds(world, dataset, row, part));
  if ('or' in where) return where.or.some((part) => holds(world, dataset, row, part));
  if ('not' in where) return !holds(world, dataset, row, where.not);
  const [first, second] = where.field.split('.');
  if (second === undefined) return leafHolds(world, dataset, row, { ...where, field: first! });
  const target = follow(world, dataset, first!)!;
  const joined = join(world, dataset, row, first!);
  return joined !== undefined && leafHolds(world, target, joined, { ...where, field: second });
}

/** A field that is masked in a child's row answers nothing about that row. */
function leafHolds(world: World, dataset: string, row: Row, leaf: BodyLeaf): boolean {
  if (minorMask(world, dataset, row, leaf.field) !== undefined) return false;
  const { type } = world.contract(dataset).fields.get(leaf.field)!;
  const value = row[leaf.field];
  if (leaf.op === 'null') return (value === null) === leaf.value;
  if (value === null || value === undefined) return false;
  const compare = (other: unknown) => compareValues(type.name, value, other);
  switch (leaf.op) {
    case 'eq':
      return compare(leaf.value) === 0;
    case 'ne':
      return compare(leaf.value) !== 0;
    case 'lt':
      return compare(leaf.value) < 0;
    case 'lte':
      return compare(leaf.value) <= 0;
    case 'gt':
      return compare(leaf.value) > 0;
    case 'gte':
      return compare(leaf.value) >= 0;
    case 'in':
      return (leaf.value as unknown[]).some((other) => compare(other) === 0);
    case 'nin':
      return (leaf.value as unknown[]).every((other) => compare(other) !== 0);
    case 'contains':
      return String(value).includes(String(leaf.value));
    case 'startswith':
      return String(value).startsWith(String(leaf.value));
    default:
      throw new Error(`no operator ${leaf.op}`);
  }
}

function compareValues(type: string, a: unknown, b: unknown): number {
  if (type === 'integer' || type === 'decimal') return Math.sign(Number(a) - Number(b));
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b))); // UTF-8 sorts as code points do
}

/** By the sort, then by the rows' numbers; under a grant that hides a key or a subject by their hash under its linkage, turned with the sort. */
function order(world: World, dataset: string, rows: Row[], sort: string | undefined): void {
  const contract = world.contract(dataset);
  const field = sort?.replace(/^-/, '');
  const sign = sort?.startsWith('-') ? -1 : 1;
  const own = hasOwnOrder(world, dataset);
  const seed = createHmac('sha256', world.keys.linkage)
    .update(`order\0${world.held.get(dataset)!.linkage}`)
    .digest()
    .readBigInt64BE();
  const place = new Map(
    rows.map((row) => {
      const number = rowIdHex(
        world.keys,
        dataset,
        contract.key.map((name) => row[name]),
      );
      return [row, own ? rowHash(number, seed) : BigInt(`0x${number}`)];
    }),
  );
  rows.sort((a, b) => {
    const tie = (place.get(a)! < place.get(b)! ? -1 : 1) * (own ? sign : 1);
    if (field === undefined) return tie;
    const [x, y] = [leaving(world, dataset, a, field), leaving(world, dataset, b, field)];
    if (x === null || y === null) return x === y ? tie : x === null ? 1 : -1;
    return sign * compareValues(contract.fields.get(field)!.type.name, x, y) || tie;
  });
}

function hasOwnOrder(world: World, dataset: string): boolean {
  const { key, subjects } = world.contract(dataset);
  return [...key, ...subjects].some(
    (name) => !isOpen(world, dataset, name) || childMask(world, dataset, name) !== undefined,
  );
}

/** To-one; the joined row is in its own scope. */
function join(world: World, dataset: string, row: Row, name: string): Row | undefined {
  const { on } = world.contract(dataset).relations.get(name)!;
  const target = follow(world, dataset, name)!;
  const pairs = Object.entries(on);
  if (pairs.some(([own]) => minorMask(world, dataset, row, own) !== undefined)) return undefined;
  return inScope(world, target).find((other) =>
    pairs.every(([own, theirs]) => row[own] !== null && row[own] === other[theirs]),
  );
}

function output(world: World, dataset: string, row: Row, ask: Pick<BodyAsk, 'select' | 'expand'>): Row {
  const { fields } = world.held.get(dataset)!;
  const out: Row = {};
  for (const name of ask.select ?? fields)
    if (name !== '_id') out[name] = fields.includes(name) ? leaving(world, dataset, row, name) : null;
  for (const name of new Set(ask.expand.map((path) => path.split('.')[0]!))) {
    const below = ask.expand.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
    const target = follow(world, dataset, name);
    const joined = target === undefined ? undefined : join(world, dataset, row, name);
    out[name] = joined === undefined ? null : output(world, target!, joined, { expand: below });
  }
  return out;
}

/** What leaves of a field of a row: masked for the grant, or in a child's row by the stricter of that and the contract's mask. */
function leaving(world: World, dataset: string, row: Row, name: string): unknown {
  const held = world.held.get(dataset)!;
  const mask = minorMask(world, dataset, row, name) ?? held.masks[name] ?? 'none';
  return masked(world, dataset, row, { name, mask, linkage: held.linkage });
}

/** The mask of a field in a child's row where it is another than the grant's. Children under 14: PIPL art. 31. */
function minorMask(world: World, dataset: string, row: Row, name: string): string | undefined {
  return isMinor(world.contract(dataset), row, world.today) ? childMask(world, dataset, name) : undefined;
}

function childMask(world: World, dataset: string, name: string): string | undefined {
  const contract = world.contract(dataset);
  const { sensitivity, defaultMask } = contract.fields.get(name)!;
  const { masks } = world.held.get(dataset)!;
  if (contract.subjects.length === 0 || masks.minors === 'none') return undefined;
  const personal = sensitivity === 'L3' || sensitivity === 'L4';
  if (!personal && !joinsPersonal(world, contract, name)) return undefined;
  const own = masks[name] ?? 'none';
  const asked = personal ? defaultMask : 'hide';
  if (own === asked) return undefined;
  return own === 'none' ? asked : 'hide';
}

/** Whether the field leads over relations to personal data or an address. */
function joinsPersonal(world: World, contract: Contract, name?: string): boolean {
  return [...contract.relations.values()].some((relation) => {
    if (name !== undefined && !(name in relation.on)) return false;
    const target = world.contract(relation.to.replace(/\/v\d+$/, ''));
    const personal = [...target.fields.values()].some((field) => /L[34]/.test(field.sensitivity));
    return personal || target.entity === 'house' || target.entity === 'address' || joinsPersonal(world, target);
  });
}

/** From the birth date, else from the number of the row's first subject; who is not known to be older counts as a child. */
function isMinor(contract: Contract, row: Row, today: string): boolean {
  const id = String(row[contract.subjects[0]!] ?? '');
  const born = contract.fields.has('born') ? row.born : id.replace(/^.{6}(.{4})(.{2})(.{2}).{4}$/, '$1-$2-$3');
  if (typeof born !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(born)) return true;
  const [year, month, day] = born.split('-').map(Number);
  // 29 February of no leap year is 1 March.
  return new Date(Date.UTC(year! + 14, month! - 1, day!)).toISOString().slice(0, 10) > today;
}

function masked(world: World, dataset: string, row: Row, by: { name: string; mask: string; linkage: string }): unknown {
  const value = row[by.name];
  if (value === null || value === undefined) return null;
  const text = String(value);
  switch (by.mask) {
    case 'none':
      return value;
    case 'initial':
      return `${[...text][0]}**`;
    case 'id-number':
      return /^\d{15}/.test(text) ? `${text.slice(0, 6)}************` : '************';
    case 'phone':
      return /^\d{11}$/.test(text) ? `${text.slice(0, 3)}****${text.slice(7)}` : '****';
    case 'year':
      return `${text.slice(0, 4)}-01-01`;
    case 'division': {
      const division = row[world.contract(dataset).fields.get(by.name)!.divisionField!];
      return loadStandard().divisions.get(String(division).slice(0, 9))?.name ?? null;
    }
    case 'pseudonym': {
      const key = createHmac('sha256', world.keys.linkage).update(`pseudonym\0${by.linkage}`).digest();
      return createHmac('sha256', key).update(text).digest('hex').slice(0, 32);
    }
    default:
      return null;
  }
}
