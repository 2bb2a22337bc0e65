import fc from 'fast-check';
import type { Grant } from '../../src/access/grants/grant.js';
import { MODES } from '../../src/access/grants/grant.js';
import { stricter } from '../../src/access/grants/masks.js';
import { decide } from '../../src/access/policy/decide.js';
import type { Decision } from '../../src/access/policy/decision.js';
import type { Question, Stated } from '../../src/access/policy/question.js';
import { isPersonal } from '../../src/standard/mask.js';
import { MASKS } from '../../src/standard/type.js';
import t from '../support/tap.js';
import { contracts } from './contracts.js';
import { applicationOf, grantOf, indexOf } from './index-of.js';

const now = Date.parse('2026-11-24T00:00:00Z');
const person = contracts.find((contract) => contract.name === 'town/person')!;
const names = [...person.fields.keys()];
const datasets = contracts.map((contract) => contract.name);

const anyField = fc.constantFrom(...names);
const anyPurpose = fc.constantFrom('care', 'count');
const anyMasks = fc.dictionary(fc.constantFrom(...names, 'minors'), fc.constantFrom(...MASKS));

/** A grant on the person dataset or on another one; sometimes expired, revoked, or of another application. */
const anyGrant = fc
  .record({
    dataset: fc.oneof({ weight: 4, arbitrary: fc.constant('town/person') }, fc.constantFrom(...datasets)),
    application: fc.oneof({ weight: 4, arbitrary: fc.constant('reader') }, fc.constant('other')),
    mode: fc.oneof({ weight: 4, arbitrary: fc.constant('read' as const) }, fc.constantFrom(...MODES)),
    fields: fc.uniqueArray(anyField, { minLength: 1 }),
    masks: anyMasks,
    purposes: fc.uniqueArray(anyPurpose, { minLength: 1 }),
    status: fc.constantFrom('active' as const, 'active' as const, 'revoked' as const),
    validFrom: fc.constantFrom('2026-01-01T00:00:00Z', '2026-11-24T00:00:00Z', '2026-11-24T00:00:01Z'),
    validUntil: fc.constantFrom('2027-01-01T00:00:00Z', '2026-11-24T00:00:00Z', '2026-11-24T00:00:01Z'),
    minor: fc.boolean(),
  })
  .map(({ minor: _, ...draft }) => draft);
const anyGrants = fc
  .array(anyGrant, { maxLength: 5 })
  .map((drafts) => drafts.map((draft, i) => grantOf(`g${i}`, draft)));

const anyAsk: fc.Arbitrary<Question> = fc
  .record({
    fields: fc.option(fc.uniqueArray(anyField), { nil: undefined }),
    kind: fc.constantFrom('page' as const, 'id' as const, 'keys' as const),
    where: fc.option(anyField, { nil: undefined }),
    sort: fc.option(anyField, { nil: undefined }),
    home: fc.boolean(),
    partial: fc.boolean(),
  })
  .map(({ fields, kind, where, sort, home, partial }) => ({
    contract: { id: 'town/person/v1' },
    target: {
      kind,
      where: where === undefined ? undefined : { not: { path: where } },
      sort: sort === undefined ? undefined : { field: sort },
    },
    selection: {
      fields,
      relations: new Map(home ? [['home', { fields: undefined, relations: new Map() }]] : []),
    },
    partial,
  }));
const anyCall = fc.record({
  purpose: fc.option(anyPurpose, { nil: undefined }),
  grant: fc.option(fc.constantFrom('g0', 'g1'), { nil: undefined }),
  caseNumber: fc.constant(undefined),
  operator: fc.constant(undefined),
});

function decided(grants: readonly Grant[], ask: Question, call: Stated): Decision {
  const index = indexOf(grants, [applicationOf('reader')]);
  const issuedAt = now / 1_000;
  const subject = { issuer: 'x', sub: 'reader', audience: 'data' as const, issuedAt, expiresAt: issuedAt + 300 };
  return decide({ subject, application: index.applications.get('reader'), call, index, now, ask, mode: 'read' });
}

function isOpen(grant: Grant): boolean {
  const from = Date.parse(grant.validFrom);
  return grant.status === 'active' && from <= now && now < Date.parse(grant.validUntil);
}

function check(property: fc.IProperty<[Grant[], Question, Stated]>): void {
  fc.assert(property, { numRuns: 2_000 });
}

t.test('no grant, no permit', async () => {
  check(
    fc.property(
      fc.constant<Grant[]>([]),
      anyAsk,
      anyCall,
      (grants, ask, call) => decided(grants, ask, call).outcome === 'deny',
    ),
  );
});

t.test('a permit uses one open grant of this caller, and only what the grant gives', async () => {
  check(
    fc.property(anyGrants, anyAsk, anyCall, (grants, ask, call) => {
      const decision = decided(grants, ask, call);
      if (decision.outcome === 'deny') return true;
      return [...decision.access.values()].every(({ grant, fields, contract }) => {
        const own = grant.application === 'reader' && grant.mode === 'read' && isOpen(grant);
        const forIt = grant.purposes.includes(decision.purpose) && `${grant.dataset}/v1` === contract.id;
        return own && forIt && [...fields.keys()].every((name) => grant.fields.includes(name));
      });
    }),
  );
});

t.test('every selected, filtered, sorted or key field is granted, and unmasked unless only selected', async () => {
  check(
    fc.property(anyGrants, anyAsk, anyCall, (grants, ask, call) => {
      const decision = decided(grants, ask, call);
      if (decision.outcome === 'deny') return true;
      const { fields } = decision.access.get('')!;
      const { target, selection, partial } = ask;
      const used: string[] = target.kind === 'keys' ? [...person.key] : [];
      if (target.kind === 'page') {
        if (target.sort !== undefined) used.push(target.sort.field);
        if (target.where !== undefined) used.push((target.where as { not: { path: string } }).not.path);
      }
      const selected = selection.fields ?? [];
      const missing = selected.filter((name) => !fields.has(name));
      return (
        used.every((name) => fields.get(name)?.mask === 'none') &&
        missing.every((name) => partial && decision.withheld.has(name))
      );
    }),
  );
});

t.test('a mask is never weaker than agreed, nor than the default where nothing is agreed', async () => {
  check(
    fc.property(anyGrants, anyAsk, anyCall, (grants, ask, call) => {
      const decision = decided(grants, ask, call);
      if (decision.outcome === 'deny') return true;
      return [...decision.access.values()].every(({ grant, fields, contract }) =>
        [...fields.values()].every(({ name, mask, minorMask }) => {
          const field = contract.fields.get(name)!;
          const agreed = Object.hasOwn(grant.masks, name) ? grant.masks[name]! : field.defaultMask;
          const inRowsOfMinors = stricter(mask, minorMask);
          const lifted = grant.masks.minors === 'none' || !contract.hasMinors || !isPersonal(field.sensitivity);
          return (
            stricter(mask, agreed) === mask &&
            (lifted || stricter(inRowsOfMinors, field.defaultMask) === inRowsOfMinors)
          );
        }),
      );
    }),
  );
});

t.test('a grant of another application, dataset, mode or time changes nothing', async () => {
  const unrelated = anyGrant.map((draft) => {
    const grant = grantOf('unrelated', draft);
    const touches = grant.application === 'reader' && isOpen(grant) && grant.mode === 'read';
    return touches ? { ...grant, application: 'other' } : grant;
  });
  fc.assert(
    fc.property(anyGrants, unrelated, anyAsk, anyCall, (grants, extra, ask, call) => {
      const before = decided(grants, ask, call);
      const after = decided([...grants, extra], ask, call);
      // A grant of another mode on the same dataset turns «nothing here» into «not in this mode», and nothing else.
      if (before.outcome === 'deny' && after.outcome === 'deny') {
        return after.code === before.code || (before.code === 'not-found' && after.code === 'mode-not-granted');
      }
      return (
        before.outcome === 'permit' &&
        after.outcome === 'permit' &&
        before.access.get('')!.key === after.access.get('')!.key
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('a stricter contract applies at once, a laxer one opens nothing', async (t) => {
  const approved = {
    gender: { sensitivity: 'L2' as const, mask: 'none' as const },
    name: { sensitivity: 'L3' as const, mask: 'initial' as const },
  };
  const grant = grantOf('g', { fields: ['gender', 'name'], masks: { name: 'initial' }, approved });
  const changed = (field: string, change: object) => {
    const fields = new Map(person.fields);
    fields.set(field, { ...fields.get(field)!, ...change });
    return { ...person, fields, hash: `${person.hash}!` };
  };
  const maskOf = (contract: typeof person, name: string) => {
    const index = indexOf([{ ...grant }], [applicationOf('reader')], [contract]);
    const subject = { issuer: 'x', sub: 'reader', audience: 'data' as const, issuedAt: 0, expiresAt: now };
    const ask: Question = {
      contract: { id: 'town/person/v1' },
      target: { kind: 'id' },
      selection: { fields: undefined, relations: new Map() },
      partial: false,
    };
    const call = { purpose: undefined, grant: undefined, caseNumber: undefined, operator: undefined };
    const decision = decide({
      subject,
      application: index.applications.get('reader'),
      call,
      index,
      now: now - 1,
      ask,
      mode: 'read',
    });
    return decision.outcome === 'permit' ? decision.access.get('')!.fields.get(name)!.mask : decision.code;
  };
  t.equal(maskOf(person, 'gender'), 'none');
  t.equal(maskOf(changed('gender', { sensitivity: 'L3', defaultMask: 'hide' }), 'gender'), 'hide', 'raised');
  t.equal(maskOf(changed('name', { sensitivity: 'L1', defaultMask: 'none' }), 'name'), 'initial', 'lowered');
  t.equal(maskOf(changed('name', { defaultMask: 'hide' }), 'name'), 'hide', 'a stricter default');
  t.equal(maskOf(changed('name', { sensitivity: 'L4', defaultMask: 'hide' }), 'name'), 'hide', 'raised to L4');
});
