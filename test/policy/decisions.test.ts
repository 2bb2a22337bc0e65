import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Grant, Mode } from '../../src/access/grants/grant.js';
import type { Application } from '../../src/access/identity/subject.js';
import { decide, decideDelivery } from '../../src/access/policy/decide.js';
import type { Decision, Permit } from '../../src/access/policy/decision.js';
import type { AskedCondition, AskedSelection, Question } from '../../src/access/policy/question.js';
import { PROBLEMS } from '../../src/platform/errors.js';
import { packageRoot } from '../../src/platform/paths.js';
import t from '../support/tap.js';
import { applicationOf, grantOf, indexOf } from './index-of.js';

interface Selected {
  fields?: string[];
  relations?: Record<string, Selected>;
}
interface Row extends Partial<Pick<Application, 'status' | 'tokensNotBefore' | 'department' | 'roles'>> {
  name: string;
  grants: string[];
  application?: string;
  tokenExpires?: number;
  mode?: Mode;
  deliver?: boolean;
  ask?: Selected & { dataset?: string; kind?: string; where?: AskedCondition; sort?: string; partial?: boolean };
  call?: { purpose?: string; grant?: string; case?: string; operator?: string };
  expect: string;
  rule?: string;
  purpose?: string;
  notAfter?: string;
  masks?: Record<string, string>;
  minors?: Record<string, string>;
  fields?: string[];
  paths?: string[];
  withheld?: string[];
}

const file = parse(readFileSync(join(packageRoot, 'test/policy/decisions.yaml'), 'utf8')) as {
  grants: Record<string, Partial<Grant> & { fields: string[] }>;
  cases: Row[];
};
const now = Date.parse('2026-11-24T00:00:00Z');

function selection(selected: Selected): AskedSelection {
  const relations = Object.entries(selected.relations ?? {}).map(([name, below]) => [name, selection(below)] as const);
  return { fields: selected.fields, relations: new Map(relations) };
}

function question(ask: NonNullable<Row['ask']>): Question {
  const sort = ask.sort === undefined ? undefined : { field: ask.sort };
  return {
    contract: { id: ask.dataset ?? 'town/person/v1' },
    target: ask.kind === 'keys' || ask.kind === 'id' ? { kind: ask.kind } : { kind: 'page', where: ask.where, sort },
    selection: selection(ask),
    partial: ask.partial ?? false,
  };
}

function decided(row: Row): Decision {
  const { status, tokensNotBefore, department, roles } = row;
  const given = Object.entries({ status, tokensNotBefore, department, roles }).filter(
    ([, value]) => value !== undefined,
  );
  const index = indexOf(
    row.grants.map((id) => grantOf(id, file.grants[id]!)),
    [applicationOf('reader', Object.fromEntries(given))],
  );
  const sub = row.application ?? 'reader';
  const call = row.call ?? {};
  const asked = {
    subject: {
      issuer: 'https://exchange.example',
      sub,
      audience: 'data' as const,
      issuedAt: now / 1_000,
      expiresAt: row.tokenExpires ?? now / 1_000 + 300,
    },
    application: index.applications.get(sub),
    call: { purpose: call.purpose, grant: call.grant, caseNumber: call.case, operator: call.operator },
    index,
    now,
  };
  if (row.deliver) return decideDelivery({ ...asked, contract: { id: 'town/person/v1' } });
  return decide({ ...asked, ask: question(row.ask ?? {}), mode: row.mode ?? 'read' });
}

function said(permit: Permit, row: Row): Partial<Row> {
  const fields = [...permit.access.get('')!.fields.values()];
  const asked = (of: Record<string, string> | undefined, mask: 'mask' | 'minorMask') =>
    of && Object.fromEntries(fields.filter((f) => f.name in of).map((f) => [f.name, f[mask]]));
  return {
    purpose: permit.purpose,
    notAfter: new Date(permit.notAfter).toISOString(),
    masks: asked(row.masks, 'mask')!,
    minors: asked(row.minors, 'minorMask')!,
    fields: fields.map((f) => f.name),
    paths: [...permit.access.keys()],
    withheld: [...permit.withheld],
  };
}

t.test('the table of decisions', async (t) => {
  for (const row of file.cases) {
    const decision = decided(row);
    if (decision.outcome === 'deny') {
      t.equal(decision.code, row.expect, `${row.name}: ${decision.reason}`);
      t.not(decision.reason, '', 'a denial has its reason');
      if (row.rule !== undefined) t.equal(decision.rule, row.rule, row.name);
      continue;
    }
    t.equal(row.expect, 'permit', row.name);
    const told = said(decision, row) as Record<string, unknown>;
    for (const key of ['purpose', 'notAfter', 'masks', 'minors', 'fields', 'paths', 'withheld'] as const) {
      if (row[key] === undefined) continue;
      // Fields come in the contract's order: the decision is which ones, not where.
      const sorted = (value: unknown) => (key === 'fields' ? [...(value as string[])].sort() : value);
      t.strictSame(sorted(told[key]), sorted(row[key]), `${row.name}: ${key}`);
    }
  }
});

t.test('the table itself', async (t) => {
  const names = file.cases.map((row) => row.name);
  t.equal(new Set(names).size, names.length, 'every case has its own name');
  t.ok(names.length >= 100, 'at least a hundred cases');
  const permits = file.cases.filter((row) => row.expect === 'permit').length;
  t.ok(names.length - permits > permits, 'more denials than permits');
  t.strictSame(
    file.cases.filter((row) => row.expect !== 'permit' && !(row.expect in PROBLEMS)),
    [],
    'codes of the register',
  );
  const used = new Set(file.cases.flatMap((row) => row.grants));
  t.strictSame(
    Object.keys(file.grants).filter((id) => !used.has(id)),
    [],
    'every grant is used',
  );
});
