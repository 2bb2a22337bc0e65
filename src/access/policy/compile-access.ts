import type { Contract, Field } from '../../catalog/contract.js';
import { isPersonal } from '../../standard/mask.js';
import type { Mask } from '../../standard/type.js';
import type { Grant } from '../grants/grant.js';
import { fitting, stricter } from '../grants/masks.js';
import type { Access, AccessTree, FieldAccess } from './decision.js';

/** An access with everything that decisions need, computed once. Times in ms since the epoch. */
export interface CompiledAccess extends Access {
  validFromMs: number;
  validUntilMs: number;
  /** The tree for an ask without relations. */
  alone: AccessTree;
}

/** One access per grant version. It lives as long as its grant is in an index, so the number of grants bounds the map. */
const compiled = new WeakMap<Grant, CompiledAccess>();

/** What the grant gives on the contract. Compiled again only for another contract. */
export function compileAccess(grant: Grant, contract: Contract): CompiledAccess {
  const known = compiled.get(grant);
  if (known !== undefined && known.contract === contract) return known;
  const access = compile(grant, contract);
  compiled.set(grant, access);
  return access;
}

function compile(grant: Grant, contract: Contract): CompiledAccess {
  const granted = new Set(grant.fields);
  const fields = new Map<string, FieldAccess>();
  for (const field of contract.fields.values()) {
    if (granted.has(field.name)) fields.set(field.name, fieldAccess(grant, contract, field));
  }
  const access: Omit<CompiledAccess, 'alone'> = {
    contract,
    grant,
    fields,
    ownOrder: [...contract.key, ...contract.subjects].some((name) => !showsAlways(fields.get(name))),
    key: `${grant.id}@${grant.version}/${contract.hash}/${[...contract.personalJoins].join()}`,
    validFromMs: Date.parse(grant.validFrom),
    validUntilMs: Date.parse(grant.validUntil),
  };
  return Object.assign(access, { alone: new Map([['', access]]) });
}

function showsAlways(access: FieldAccess | undefined): boolean {
  return access?.mask === 'none' && access.minorMask === 'none';
}

function fieldAccess(grant: Grant, contract: Contract, field: Field): FieldAccess {
  const mask = maskInForce(grant, field);
  const ofMinors = contract.hasMinors && grant.masks.minors !== 'none';
  const minorMask = ofMinors ? stricter(mask, childMask(contract, field)) : 'none';
  // Where the mask is as strict for every row, children need no mask of their own.
  return { name: field.name, field, mask, minorMask: minorMask === mask ? 'none' : minorMask };
}

/** What a child's row shows of a field. What its personal fields hide must not come back over a relation, so its joins hide too. */
function childMask(contract: Contract, field: Field): Mask {
  if (isPersonal(field.sensitivity)) return defaultMask(field);
  return contract.personalJoins.has(field.name) ? 'hide' : 'none';
}

/** The grant's mask, combined with the contract's where the contract asks for more than at approval. */
function maskInForce(grant: Grant, field: Field): Mask {
  const agreed = own(grant.masks, field.name);
  const approved = own(grant.approved, field.name);
  if (agreed === undefined && approved === undefined) return defaultMask(field);
  const mask = fitting(agreed ?? 'none', field);
  return asksMore(grant, field) ? stricter(mask, defaultMask(field)) : mask;
}

function asksMore(grant: Grant, field: Field): boolean {
  if (grant.approved === undefined) return false;
  const approved = own(grant.approved, field.name);
  if (approved === undefined || field.sensitivity > approved.sensitivity) return true;
  return stricter(approved.mask, defaultMask(field)) !== approved.mask;
}

/** The field's mask where no grant says more. Never `none` for L3 and L4. */
export function defaultMask(field: Field): Mask {
  if (field.defaultMask === 'none') return isPersonal(field.sensitivity) ? 'hide' : 'none';
  return fitting(field.defaultMask, field);
}

function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
