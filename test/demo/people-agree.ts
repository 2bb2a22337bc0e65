import type { Test } from 'tap';
import { SYNTHETIC_COUNTIES } from '../../src/demo/people/identity-numbers.js';
import { parseDate } from '../../src/standard/calendar.js';

/** One row by the contract's field names and codes. */
export type Line = Record<string, unknown>;
type Rows = (dataset: string) => Line[];

const AS_OF = '2026-06-30';
const bornOf = (line: Line, field = 'id_number') => String(line[field]).replace(/^.{6}(....)(..)(..).*$/, '$1-$2-$3');
const isMan = (id: unknown) => Number(String(id)[16]) % 2 === 1;
const yearsBetween = (from: string, until: string) =>
  Number(until.slice(0, 4)) - Number(from.slice(0, 4)) - (until.slice(5) < from.slice(5) ? 1 : 0);
const by = (lines: Line[], ...key: string[]) =>
  new Map(lines.map((line) => [key.map((name) => line[name]).join('/'), line]));

/** What the files about people say of each other. */
export function peopleAgree(t: Test, of: Rows): void {
  const holds = (dataset: string, what: string, test: (line: Line) => boolean) =>
    t.same(
      of(dataset)
        .filter((line) => !test(line))
        .slice(0, 3),
      [],
      `${dataset}: ${what}`,
    );
  for (const [dataset, ...key] of [
    ['police/migrant', 'registration_no'],
    ['civil-affairs/death', 'id_number'],
    ['civil-affairs/marriage', 'certificate_no'],
    ['civil-affairs/assistance-member', 'family_no', 'id_number'],
    ['civil-affairs/elder-allowance', 'id_number', 'from_month'],
    ['disabled-federation/disability', 'certificate_no'],
    ['grid-center/resident', 'id_number'],
  ] as const) {
    t.ok(of(dataset).length > 20, `${dataset} has ${of(dataset).length} rows`);
    t.equal(by(of(dataset), ...key).size, of(dataset).length, `${dataset}: its key is unique`);
    holds(dataset, 'numbers are nobody’s', ({ id_number: id, party_a_id: a }) =>
      SYNTHETIC_COUNTIES.some((county) => String(id ?? a).startsWith(county)),
    );
  }
  const residents = by(of('police/resident'), 'id_number');
  const deaths = by(of('civil-affairs/death'), 'id_number');
  const alive = (id: unknown) => residents.get(String(id))?.status === '0';
  holds('civil-affairs/death', 'whoever died was born, and lives no more', (line) => {
    const died = String(line.died_on);
    return died > bornOf(line) && died < AS_OF && !alive(line.id_number);
  });
  holds('police/resident', 'the dead of the register died', ({ id_number: id, status }) => {
    return status === '0' || deaths.has(String(id));
  });
  holds('police/household', 'heads live', ({ head_id }) => alive(head_id));
  holds(
    'disabled-federation/disability',
    'a living resident, whose number, kind and grade the certificate holds',
    (line) => {
      const { certificate_no: no, id_number: id, kind, grade, division_code, issued_on } = line;
      const own = residents.get(String(id))?.registered_division === division_code;
      return own && alive(id) && String(no).startsWith(`${id}${kind}${grade}`) && String(issued_on) > bornOf(line);
    },
  );
  holds('civil-affairs/marriage', 'a man and a woman of age, of the register', (line) => {
    const { party_a_id: man, party_b_id: woman, registered_on, kind } = line;
    const [a, b] = [man, woman].map((id) => residents.get(String(id))?.marital_status);
    const on = String(registered_on);
    const ages = [yearsBetween(bornOf(line, 'party_a_id'), on), yearsBetween(bornOf(line, 'party_b_id'), on)];
    const marital = kind === '2' ? a === '40' && b === '40' : a === b && (a === '20' || a === '40');
    return isMan(man) && !isMan(woman) && marital && ages[0]! >= 22 && ages[1]! >= 20 && on <= AS_OF;
  });
  const houses = by(of('housing/house'), 'house_code');
  holds('police/migrant', 'lives here, is registered elsewhere', ({ id_number, house_code, residence_division }) => {
    const house = houses.get(String(house_code));
    return !residents.has(String(id_number)) && house?.division_code === residence_division;
  });
  assistedAgree(t, of, residents);
  eldersAgree(t, of, alive);
  ledgerDiffers(t, of, residents);
}

function assistedAgree(t: Test, of: Rows, residents: Map<string, Line>): void {
  const members = new Map<unknown, Line[]>();
  for (const member of of('civil-affairs/assistance-member')) {
    members.set(member.family_no, [...(members.get(member.family_no) ?? []), member]);
  }
  const wrong = of('civil-affairs/social-assistance').filter((family) => {
    const covered = members.get(family.family_no) ?? [];
    const household = residents.get(String(family.head_id))?.household_no;
    return !(
      covered.length === Number(family.members_count) &&
      covered[0]?.id_number === family.head_id &&
      covered.every(({ id_number }) => residents.get(String(id_number))?.household_no === household)
    );
  });
  t.same(wrong, [], 'assisted members are of the family, and as many');
  t.equal(members.size, of('civil-affairs/social-assistance').length);
}

function eldersAgree(t: Test, of: Rows, alive: (id: unknown) => boolean): void {
  const deaths = by(of('civil-affairs/death'), 'id_number');
  const elders = of('civil-affairs/elder-allowance');
  const wrong = elders.filter((line) => {
    const { age_band, from_month: from, until_month: until, stop_reason: reason, id_number: id } = line;
    const age = yearsBetween(bornOf(line).slice(0, 7), String(from));
    const band = age < 80 ? 'none' : age < 90 ? '1' : age < 100 ? '2' : '3';
    const died = String(deaths.get(String(id))?.died_on ?? '9999').slice(0, 7);
    const known = alive(id) || deaths.has(String(id));
    const ended = (until === null) === (reason === null) && (reason !== '1' || String(until) <= died);
    return !(known && band === age_band && String(from) <= died && ended);
  });
  t.same(wrong.slice(0, 3), [], 'allowances fit the age and end with death');
  const paidOn = elders.filter(({ id_number, until_month }) => until_month === null && !alive(id_number)).length;
  t.ok(paidOn < elders.length / 50, `${paidOn} of ${elders.length} are paid after death`);
}

/** 数据打架: enough to be found, few enough to be believed. */
function ledgerDiffers(t: Test, of: Rows, residents: Map<string, Line>): void {
  const ledger = of('grid-center/resident');
  const fields = ['name', 'gender', 'born', 'phone', 'residence_address'] as const;
  const found = new Map<string, number>(fields.map((field) => [field, 0]));
  let known = 0;
  for (const line of ledger) {
    const registered = residents.get(String(line.id_number));
    if (registered === undefined) continue;
    known++;
    const own = { ...line, born: parseDate(String(line.born)) };
    const theirs = { ...registered, born: parseDate(String(registered.born)) } as Line;
    for (const field of fields) if ((own as Line)[field] !== theirs[field]) found.set(field, found.get(field)! + 1);
  }
  t.equal(known, residents.size, 'the ledger holds every resident');
  t.equal(ledger.length - known, of('police/migrant').length, 'and every migrant');
  const all = [...found.values()].reduce((a, b) => a + b, 0);
  t.ok(all > known * 0.006 && all < known * 0.015, `${all} of ${known} are told otherwise`);
  t.ok([...found.values()].filter((count) => count > 0).length >= 4, JSON.stringify([...found]));
  const headless = ledger.filter(({ head_id }) => head_id === null || !residents.has(String(head_id)));
  const bad = headless.filter(({ residence_consistency: apart }) => apart === '01').length;
  t.ok(bad < ledger.length * 0.01, `${bad} have no head who is known`);
}
