import type { PublisherFile } from '../client/deliver-file.js';
import {
  ASSISTANCE_HEADINGS,
  ASSISTANCE_MEMBER_HEADINGS,
  assistanceMemberRows,
  assistanceRows,
} from './civil-affairs-rows.js';
import { DEATH_HEADINGS, deathRows } from './death-rows.js';
import { DISABILITY_HEADINGS, disabilityRows } from './disability-rows.js';
import { ELDER_HEADINGS, elderRows } from './elder-rows.js';
import { LEDGER_HEADINGS, ledgerRows } from './ledger-rows.js';
import { MARRIAGE_HEADINGS, marriageRows } from './marriage-rows.js';
import { MIGRANT_HEADINGS, migrantRows } from './migrant-rows.js';
import type { Plan } from './plan.js';
import { HOUSEHOLD_HEADINGS, householdRows, RESIDENT_HEADINGS, residentRows } from './police-rows.js';
import { publisherFile } from './publisher-file.js';
import type { Row } from './row.js';

/** The files that tell of people. */
export function* peopleFiles(plan: Plan): Generator<PublisherFile> {
  yield* policeFiles(plan);
  yield* civilAffairsFiles(plan);
  yield publisherFile('disabled-federation/disability', {
    name: '持证残疾人',
    headings: DISABILITY_HEADINGS,
    kind: 'csv',
    rows: () => disabilityRows(plan),
  });
  yield publisherFile('grid-center/resident', {
    name: '实有人口台账',
    headings: LEDGER_HEADINGS,
    kind: 'csv',
    encoding: 'gb18030',
    gzip: true,
    rows: () => ledgerRows(plan),
  });
}

function* policeFiles(plan: Plan): Generator<PublisherFile> {
  const police = { kind: 'csv', encoding: 'gb18030' } as const;
  yield publisherFile('police/household', {
    ...police,
    name: 'HJH',
    headings: HOUSEHOLD_HEADINGS,
    rows: () => householdRows(plan),
  });
  yield publisherFile('police/resident', {
    ...police,
    name: 'HJRK',
    headings: RESIDENT_HEADINGS,
    rows: () => residentRows(plan),
  });
  yield publisherFile('police/migrant', {
    ...police,
    name: 'LDRK',
    headings: MIGRANT_HEADINGS,
    rows: () => migrantRows(plan),
  });
}

function* civilAffairsFiles(plan: Plan): Generator<PublisherFile> {
  const files: [string, string, readonly string[], (plan: Plan) => Iterable<Row>][] = [
    ['social-assistance', '救助家庭', ASSISTANCE_HEADINGS, assistanceRows],
    ['assistance-member', '救助家庭成员', ASSISTANCE_MEMBER_HEADINGS, assistanceMemberRows],
    ['elder-allowance', '高龄津贴', ELDER_HEADINGS, elderRows],
    ['death', '死亡火化', DEATH_HEADINGS, deathRows],
    ['marriage', '婚姻登记', MARRIAGE_HEADINGS, marriageRows],
  ];
  for (const [dataset, name, headings, rows] of files) {
    yield publisherFile(`civil-affairs/${dataset}`, { name, headings, kind: 'ndjson', rows: () => rows(plan) });
  }
}
