import type { RowScope, ScopeTerm } from '../../access/grants/grant.js';
import { stricter } from '../../access/grants/masks.js';
import { isWhole } from '../../access/grants/row-scope.js';
import type { Fault } from '../../platform/errors.js';
import type { AgreedTerms, RequestDraft } from './request.js';

/** Every way in which terms give more than was asked; empty where a provider may agree to them. Pure. */
export function checkTerms(asked: RequestDraft, terms: AgreedTerms): Fault[] {
  const extra = (list: readonly string[], of: readonly string[], member: string): Fault[] =>
    list.flatMap((name, i) => (of.includes(name) ? [] : [{ pointer: `/${member}/${i}`, reason: MORE }]));
  const lifted = (['case', 'operator'] as const).filter((what) => asked.requires?.[what] && !terms.requires?.[what]);
  return [
    ...extra(terms.fields, asked.fields, 'fields'),
    ...extra(terms.purposes, asked.purposes, 'purposes'),
    ...terms.fields.concat('minors').flatMap((name) => maskFault(asked, terms, name)),
    ...(isWithin(terms.rows, asked.rows) ? [] : [{ pointer: '/rows', reason: MORE }]),
    ...lifted.map((what) => ({ pointer: `/requires/${what}`, reason: 'The request promises it' })),
    ...(startsEarlier(asked, terms) ? [{ pointer: '/validFrom', reason: MORE }] : []),
    ...(Date.parse(terms.validUntil) > Date.parse(asked.validUntil) ? [{ pointer: '/validUntil', reason: MORE }] : []),
  ];
}

const MORE = 'More than was asked';

function startsEarlier(asked: RequestDraft, terms: AgreedTerms): boolean {
  return asked.validFrom !== undefined && !(Date.parse(terms.validFrom ?? '') >= Date.parse(asked.validFrom));
}

/** A field without a mask leaves unmasked, except that children stay masked unless `minors` lifts it. */
function maskFault(asked: RequestDraft, terms: AgreedTerms, name: string): Fault[] {
  const byDefault = name === 'minors' ? 'hide' : 'none';
  const wanted = asked.masks[name] ?? byDefault;
  const given = terms.masks[name] ?? byDefault;
  return stricter(wanted, given) === given ? [] : [{ pointer: `/masks/${name}`, reason: `${MORE}: ${wanted}` }];
}

/** Whether every row of `inner` is one of `outer`, by the terms alone. */
function isWithin(inner: RowScope, outer: RowScope): boolean {
  if (isWhole(outer)) return true;
  if (isWhole(inner)) return false;
  return outer.scope.every((bound) => inner.scope.some((term) => isNarrower(term, bound)));
}

function isNarrower(term: ScopeTerm, bound: ScopeTerm): boolean {
  if (term.field !== bound.field) return false;
  const texts = 'in' in term ? term.in : term.prefix;
  if ('prefix' in bound) return texts.every((text) => bound.prefix.some((start) => text.startsWith(start)));
  return 'in' in term && texts.every((text) => bound.in.includes(text));
}
