import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Access, Permit } from '../access/policy/decision.js';
import type { EntryAccess } from '../audit/entry.js';
import { proxyOf } from '../catalog/source-terms.js';
import { known } from '../platform/known.js';
import type { Ask, Selection } from './ask.js';
import type { Linkage } from './linkage.js';
import { compileReader, compileWriter, type Reader, type ShapeNode, type Writer } from './shape.js';
import { conditionShape } from './statement/condition.js';
import type { Binding } from './statement/parameters.js';
import { writeStatement } from './statement/sql.js';

/** A compiled statement with what reads its rows. It holds no caller's value, and exists only for a permit. */
export interface Plan {
  statement: { name?: string; text: string };
  bind(binding: Binding): unknown[];
  /** Output nodes, root first; the positions of their row_id. */
  nodes: readonly [ShapeNode, ...ShapeNode[]];
  linkages: readonly Linkage[];
  /** Position of the count, or -1. */
  countColumn: number;
  /** Position of the sort value, or -1. */
  sortColumn: number;
  /**
   * By access of the permit, in its order: whether it is asked live (no release), the position of its release, and its
   * part of the entry.
   */
  accesses: readonly {
    live: boolean;
    releaseColumn: number;
    node: number;
    entry: Omit<EntryAccess, 'release' | 'rows'>;
  }[];
  write: Writer;
  read: Reader;
}

const HELD_PER_ACCESS = 200;
const held = new WeakMap<Access, LRUCache<string, Plan>>();

/** Makes a Plan of Permit and Ask. Compiled once for the same accesses and shape of the ask. */
export function plan(permit: Permit, ask: Ask, linkageOf: (name: string) => Linkage): Plan {
  const root = permit.root;
  const shape = shapeKey(permit, ask);
  const plans = held.get(root) ?? new LRUCache<string, Plan>({ max: HELD_PER_ACCESS });
  if (plans.size === 0) held.set(root, plans);
  let found = plans.get(shape);
  if (found === undefined) {
    found = compile(permit, ask, linkageOf);
    plans.set(shape, found);
  } else if (found.statement.name === undefined) {
    // Prepared at its second use: connections have bounded memory for statements, and one-off shapes must not fill it.
    found.statement = { name: statementName(found.statement.text), text: found.statement.text };
  }
  return found;
}

function statementName(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 24);
}

function shapeKey(permit: Permit, ask: Ask): string {
  const target = ask.target;
  let key =
    target.kind === 'page'
      ? `p ${conditionShape(target.where)} ${target.sort === undefined ? '' : (target.sort.descending ? '-' : '+') + target.sort.field} ${target.cursor === undefined ? '' : 'c'} ${target.count}`
      : target.kind;
  key += `;${selectionShape(ask.selection)};${permit.purpose}`;
  if (permit.access.size > 1) for (const [path, access] of permit.access) key += `;${path}=${access.key}`;
  if (permit.withheld.size > 0) key += `;-${[...permit.withheld].join(',')}`;
  return key;
}

/**
 * A selection under a permit. Every field and a list of all fields give the same text, so the same cursor is valid for
 * both.
 */
export function effectiveSelection(permit: Permit, selection: Selection, path: string): string {
  const granted = permit.access.get(path)?.fields;
  const fields = selection.fields?.filter((name) => granted?.has(name)) ?? [...(granted?.keys() ?? [])];
  let text = [...fields].sort().join(',');
  for (const [name, inner] of selection.relations) {
    text += `{${name}:${effectiveSelection(permit, inner, path === '' ? name : `${path}.${name}`)}}`;
  }
  return text;
}

function selectionShape(selection: Selection): string {
  let shape = selection.fields === undefined ? '*' : [...selection.fields].sort().join(',');
  for (const [name, inner] of selection.relations) shape += `{${name}:${selectionShape(inner)}}`;
  return shape;
}

function compile(permit: Permit, ask: Ask, linkageOf: (name: string) => Linkage): Plan {
  const written = writeStatement(permit, ask, linkageOf);
  const binders = written.parameters.binders;
  return {
    statement: { text: written.text },
    bind: (binding) => binders.map((binder) => binder(binding)),
    nodes: written.nodes,
    linkages: written.nodes.map((node) => linkageOf(known(permit.access, node.path).grant.linkage)),
    countColumn: written.countColumn,
    sortColumn: written.sortColumn,
    accesses: [...permit.access].map(([path, access]) => ({
      live: proxyOf(access.contract) !== undefined,
      releaseColumn: known(written.releaseColumns, path),
      node: written.nodes.findIndex((node) => node.path === path),
      entry: entryAccess(
        access,
        permit.purpose,
        written.nodes.find((node) => node.path === path),
      ),
    })),
    write: compileWriter(written.nodes[0]),
    read: compileReader(written.nodes[0]),
  };
}

/** The open part of the entry for one access: the fields that leave, and their masks. */
function entryAccess(
  access: Access,
  purpose: string,
  node: ShapeNode | undefined,
): Omit<EntryAccess, 'release' | 'rows'> {
  const fields = node?.fields.map((field) => field.name) ?? [];
  const masks = fields.flatMap((name) => {
    const { mask, minorMask } = known(access.fields, name);
    return [
      ...(mask === 'none' ? [] : [`${name}=${mask}`]),
      ...(minorMask === 'none' || mask === 'hide' ? [] : [`${name}=minors:${minorMask}`]),
    ];
  });
  const { contract, grant } = access;
  return {
    dataset: contract.name,
    major: contract.major,
    grant: grant.id,
    version: grant.version,
    purpose,
    decision: 'permit',
    fields,
    masks,
  };
}
