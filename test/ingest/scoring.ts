import type { Contract } from '../../src/catalog/contract.js';
import { type RuleReport, shortOf } from '../../src/ingest/quality/report.js';
import { ruleOfFault } from '../../src/ingest/quality/rule-of-fault.js';
import { scoresOf } from '../../src/ingest/quality/score.js';
import { startTally } from '../../src/ingest/quality/tally.js';
import type { Dimension } from '../../src/ingest/rules/rule.js';

type Row = Record<string, unknown>;

/** Rows about people with the rules that they break, and the scores of a delivery of them. */
export function scoring(resident: Contract, person: (more: Row) => Row, unborn: string) {
  const kinds = [
    'clean',
    'sparse',
    'born',
    'gender',
    'future',
    'grid',
    'checksum',
    'required',
    'code',
    'json',
  ] as const;
  type Kind = (typeof kinds)[number];
  const faults: Partial<Record<Kind, [string, Dimension]>> = {
    checksum: ['checksum', 'accuracy'],
    required: ['required', 'completeness'],
    code: ['code', 'conformity'],
    json: ['json', 'conformity'],
  };
  const warned: Partial<Record<Kind, Dimension>> = {
    born: 'accuracy',
    gender: 'accuracy',
    future: 'accuracy',
    grid: 'consistency',
  };
  const values: Partial<Record<Kind, Row>> = {
    sparse: { name: null },
    born: { born: '1990-02-01' },
    gender: { gender: '2' },
    future: { id_number: unborn, born: '2099-01-01' },
    grid: { grid_code: '370303104009001' },
  };
  const scores = (rows: readonly Kind[]) => {
    const tally = startTally(resident, { now: Date.UTC(2026, 10, 24) });
    let rejected = 0;
    for (const [i, kind] of rows.entries()) {
      const fault = faults[kind];
      if (fault !== undefined) {
        rejected++;
        tally.turnedAway(i + 1, [{ field: null, rule: fault[0], reason: '' }]);
      } else {
        const row = person(values[kind] ?? {});
        tally.rules(
          [...resident.fields.keys()].map((name) => row[name] ?? null),
          i + 1,
        );
      }
    }
    const rules = [
      ...[...tally.errors].map(([key, { rows: found }]) => ({ ...ruleOfFault(key.split('\0')[0]!), rows: found })),
      ...tally.tests.map(({ rule, fault }) => ({ ...rule, rows: fault.rows })),
    ] as unknown as RuleReport[];
    return shortOf({
      scores: scoresOf({
        contract: resident,
        satisfied: tally.satisfied(),
        rejected: tally.rejected,
        values: tally.filled.reduce((sum, filled) => sum + filled, 0),
        rules,
        rows: { received: rows.length, accepted: rows.length - rejected, rejected },
        published: true,
        ageDays: 0,
      }),
      labelled: 100,
      rows: { received: 0, accepted: 0, rejected: 0 },
      fields: [],
      rules: [],
    }).scores;
  };
  return { kinds, faults, warned, scores };
}
