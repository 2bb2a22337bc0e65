import fc from 'fast-check';
import { shanghaiDate } from '../../src/platform/clock.js';
import { readCalendar } from '../../src/workflow/duty-clock/calendar.js';
import { DUTIES, type DutyName } from '../../src/workflow/duty-clock/duties.js';
import { dueDate, workingDaysOf } from '../../src/workflow/duty-clock/working-days.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';

const node = await testNode(t, { catalog: false });
await node.register('operator', { department: 'exchange', roles: ['operator'] });
await node.register('reader');
await node.person('reviewer', { department: 'exchange', roles: ['authority-reviewer'] });
await node.person('manager', { department: 'police', roles: ['department-manager'] });

const shipped = await readCalendar(node.exchange.database.app);
const days = workingDaysOf(shipped);

/** Start day · duty · due · what falls between. */
const DUE: readonly (readonly [string, DutyName, string, string])[] = [
  ['2025-08-01', 'catalog-review', '2025-08-05', 'a weekend'],
  ['2025-01-24', 'reply-unconditional', '2025-01-26', 'a Sunday that is worked before the Spring Festival'],
  ['2025-01-27', 'reply-unconditional', '2025-02-05', 'the Spring Festival of 2025'],
  ['2025-01-27', 'catalog-update', '2025-02-17', 'the Spring Festival and a Saturday that is worked'],
  ['2025-04-03', 'reply-unconditional', '2025-04-07', 'Qingming on a Friday'],
  ['2025-04-25', 'catalog-review', '2025-04-28', 'a Sunday that is worked before Labour Day'],
  ['2025-04-30', 'catalog-review', '2025-05-07', 'Labour Day'],
  ['2025-05-30', 'reply-unconditional', '2025-06-03', 'the Dragon Boat Festival on a Monday'],
  ['2025-09-26', 'reply-conditional', '2025-10-16', 'National Day, a Sunday and a Saturday that are worked'],
  ['2025-09-30', 'reply-unconditional', '2025-10-09', 'the eight days of National Day'],
  ['2025-12-31', 'reply-unconditional', '2026-01-04', 'New Year, then a Sunday that is worked'],
  ['2025-12-24', 'provision', '2026-01-22', 'the end of a year'],
  ['2025-12-28', 'catalog-update', '2026-01-12', 'a start on a Sunday before the end of the year'],
  ['2026-02-13', 'catalog-review', '2026-02-24', 'a Saturday that is worked, then the Spring Festival of 2026'],
  ['2026-02-13', 'reply-conditional', '2026-03-05', 'the Spring Festival between two Saturdays that are worked'],
  ['2026-04-03', 'reply-unconditional', '2026-04-07', 'Qingming on a Sunday, off on Monday'],
  ['2026-04-30', 'catalog-review', '2026-05-07', 'Labour Day of 2026'],
  ['2026-06-18', 'reply-unconditional', '2026-06-22', 'the Dragon Boat Festival of 2026'],
  ['2026-09-18', 'provision', '2026-10-22', 'Mid-Autumn, National Day and two weekend days that are worked'],
  ['2026-11-29', 'reply-conditional', '2026-12-11', 'nothing but weekends'],
];

t.test('due dates over the holidays of 2025 and 2026 and over the end of a year', async (t) => {
  for (const [from, duty, due, what] of DUE) {
    const { workingDays } = DUTIES[duty];
    t.strictSame(dueDate(days, { from, workingDays }), { due, provisional: false }, `${from} ${duty}: ${what}`);
  }
});

t.test('a due date beyond the years in force is provisional', async (t) => {
  t.strictSame(dueDate(days, { from: '2026-12-30', workingDays: 1 }), { due: '2026-12-31', provisional: false });
  t.strictSame(dueDate(days, { from: '2026-12-31', workingDays: 1 }), { due: '2027-01-01', provisional: true });
  t.strictSame(dueDate(days, { from: '2024-12-31', workingDays: 1 }), { due: '2025-01-02', provisional: false });
});

const anyDay = fc
  .integer({ min: Date.UTC(2025, 0, 1) / 86_400_000, max: Date.UTC(2027, 2, 1) / 86_400_000 })
  .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));

t.test('adding a holiday never makes a due date earlier', async () => {
  fc.assert(
    fc.property(
      anyDay,
      fc.integer({ min: 1, max: 30 }),
      fc.array(anyDay, { maxLength: 20 }),
      (from, workingDays, off) => {
        const more = workingDaysOf([...shipped, { year: 2025, source: '', holidays: off, workdays: [] }]);
        return dueDate(more, { from, workingDays }).due >= dueDate(days, { from, workingDays }).due;
      },
    ),
    { numRuns: 500 },
  );
});

t.test('a later start and more working days are never due earlier', async () => {
  fc.assert(
    fc.property(anyDay, anyDay, fc.integer({ min: 1, max: 30 }), (a, b, workingDays) => {
      const [from, later] = a < b ? [a, b] : [b, a];
      const { due } = dueDate(days, { from, workingDays });
      return (
        due > from &&
        due <= dueDate(days, { from: later, workingDays }).due &&
        due < dueDate(days, { from, workingDays: workingDays + 1 }).due
      );
    }),
  );
});

t.test('a day is a day of Shanghai whatever the zone of the machine', async (t) => {
  const before = process.env.TZ;
  t.teardown(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
  for (const zone of ['America/Los_Angeles', 'UTC', 'Pacific/Kiritimati']) {
    process.env.TZ = zone;
    t.equal(shanghaiDate(Date.parse('2025-09-25T15:59:59.999Z')), '2025-09-25', zone);
    t.equal(shanghaiDate(Date.parse('2025-09-25T16:00:00Z')), '2025-09-26', zone);
    for (const [from, duty, due] of DUE)
      t.equal(dueDate(days, { from, workingDays: DUTIES[duty].workingDays }).due, due, `${zone} ${from}`);
  }
});

const notice = {
  year: 2027,
  source: '国务院办公厅关于2027年部分节假日安排的通知',
  holidays: ['2026-12-31', '2027-01-01', '2027-02-05', '2027-02-08'],
  workdays: ['2026-12-27', '2027-01-30'],
};
const put = (body: unknown, as = 'operator') => node.ask('PUT', '/api/v1/calendar', { as, body });
const due = async (from: string, duty = 'reply-unconditional') =>
  (await node.ask('GET', `/api/v1/calendar/due?duty=${duty}&from=${from}`, { as: 'reader' })).body.data;

t.test('a notice is imported, and due dates follow it', async (t) => {
  const before = await due('2026-12-30');
  t.match(before, { due: '2026-12-31', provisional: false, article: 21, workingDays: 1, extendedAtMost: '2027-01-14' });
  const reply = await put(notice, 'reviewer');
  t.equal(reply.status, 200, reply.text);
  t.match(reply.body.data, { year: 2027, holidays: notice.holidays });
  t.match(reply.headers.get('exchange-receipt'), /index=\d+/);
  t.match(await due('2026-12-30'), { due: '2027-01-04', provisional: false }, 'the notice moved a day of December');
  const { rows } = await node.exchange.database.app.query(
    `SELECT convert_from(bytes, 'UTF8')::json AS entry FROM audit.entry WHERE event = 'calendar.imported'`,
  );
  t.match(rows, [{ entry: { actor: { subject: 'person:reviewer' }, detail: notice } }]);
  const years = (await node.ask('GET', '/api/v1/calendar', { as: 'reader' })).body.data;
  t.match(years, [{ year: 2025, importedAt: null }, { year: 2026 }, { year: 2027, importedAt: /^2\d+/ }]);
  t.equal((await put({ ...notice, year: 2026, holidays: ['2026-12-31'], workdays: [] })).status, 200);
  t.match(await due('2026-09-30'), { due: '2026-10-01' }, 'a corrected notice takes the place of the shipped one');
});

t.test('notices and questions that are refused', async (t) => {
  const table: [what: string, body: object, as: string, status: number, pointer?: string][] = [
    ['by an application without the role', notice, 'reader', 403],
    ['by a manager of a department', notice, 'manager', 403],
    ['without its source', { ...notice, source: undefined }, 'operator', 400],
    ['an empty source', { ...notice, source: '' }, 'operator', 400],
    ['a year before the decree', { ...notice, year: 2024 }, 'operator', 400],
    ['a member that is unknown', { ...notice, weekends: [] }, 'operator', 400],
    ['a date that is none', { ...notice, holidays: ['2027-02-30'] }, 'operator', 400],
    ['a date in another form', { ...notice, holidays: ['2027/02/03'] }, 'operator', 400],
    ['a day of another year', { ...notice, holidays: ['2028-01-03'] }, 'operator', 422, '/holidays/0'],
    ['a day of the November before', { ...notice, holidays: ['2026-11-30'] }, 'operator', 422, '/holidays/0'],
    ['a day twice', { ...notice, holidays: ['2027-01-01', '2027-01-01'] }, 'operator', 422, '/holidays/1'],
    ['a weekday as a make-up day', { ...notice, workdays: ['2027-01-05'] }, 'operator', 422, '/workdays/0'],
    ['a day both off and worked', { ...notice, holidays: ['2027-01-30'] }, 'operator', 422, '/workdays/1'],
  ];
  for (const [what, body, as, status, pointer] of table) {
    const reply = await put(body, as);
    t.equal(reply.status, status, `${what}: ${reply.text}`);
    if (pointer !== undefined) t.match(reply.body.errors, [{ pointer }], what);
  }
  for (const query of [
    'duty=catalog',
    'duty=provision&from=2026-02-30',
    'duty=provision&from=yesterday',
    'from=2026-01-01',
    'duty=provision&to=2026-01-01',
  ]) {
    const reply = await node.ask('GET', `/api/v1/calendar/due?${query}`, { as: 'reader' });
    t.equal(reply.status, 400, `${query}: ${reply.text}`);
  }
  t.equal((await node.ask('GET', '/api/v1/calendar')).status, 401);
});
