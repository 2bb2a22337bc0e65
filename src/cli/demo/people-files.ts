import { ASSISTANCE_HEADINGS, assistanceRows } from './civil-affairs-rows.js';
import type { Plan } from './plan.js';
import { HOUSEHOLD_HEADINGS, householdRows, RESIDENT_HEADINGS, residentRows } from './police-rows.js';
import { type PublisherFile, publisherFile } from './publisher-file.js';

/** The files that tell of people. */
export function* peopleFiles(plan: Plan): Generator<PublisherFile> {
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
  yield publisherFile('civil-affairs/social-assistance', {
    name: '救助家庭',
    headings: ASSISTANCE_HEADINGS,
    kind: 'ndjson',
    rows: () => assistanceRows(plan),
  });
}
