import { testDatabase } from '../support/database.js';
import t from '../support/tap.js';

const { database } = await testDatabase(t, { statementTimeoutMs: 500 });

t.test('each way in has its own login, and a calendar date stays text', async (t) => {
  const who = `SELECT current_user::text AS role, session_user::text AS login, DATE '2026-11-24' AS day, 9007199254740993::int8 AS big`;
  const [audit, listener, snapshot] = [
    await database.connectAudit(),
    await database.connectListener(),
    await database.connectReader(),
  ];
  t.teardown(() => Promise.all([audit.end(), listener.end(), snapshot.end()]));
  const ways = { owner: database.owner, jobs: database.jobs, app: database.app, audit, listener, snapshot };
  const roles = { jobs: 'owner', listener: 'app', snapshot: 'reader' };
  for (const [way, client] of Object.entries(ways)) {
    const wall = way in roles ? roles[way as keyof typeof roles] : way;
    const { rows } = await client.query(who);
    t.match(rows, [
      { login: new RegExp(`^exchange_${wall}_[0-9a-f]{8}$`), day: '2026-11-24', big: '9007199254740993' },
    ]);
    t.equal(rows[0].role, wall === 'owner' ? 'exchange_owner' : rows[0].login, way);
  }
  const rows = await database.reader.query({
    text: `SELECT current_user::text, 1.50::numeric, true, NULL`,
    values: [],
  });
  t.match(rows, [[/^exchange_reader_/, '1.50', 't', null]], 'the reader gives arrays of text');
});

t.test('the reader can only read published tables', async (t) => {
  const refused = [
    'CREATE TABLE data.mine (a text)',
    `SELECT * FROM exchange.policy_record`,
    `SELECT * FROM audit.entry`,
    `SELECT * FROM pg_authid`,
    `SET ROLE exchange_owner; INSERT INTO exchange.line (name) VALUES ('police/resident')`,
  ];
  for (const text of refused) await t.rejects(database.reader.query({ text, values: [] }), { name: 'Problem' }, text);
  t.same(await database.reader.query({ text: 'SELECT name, release FROM exchange.line', values: [] }), []);
});

t.test('audit entries can be inserted, and no role can change them', async (t) => {
  const audit = await database.connectAudit();
  t.teardown(() => audit.end());
  const insert = `INSERT INTO audit.entry VALUES (0, '\\x00', '\\x00', 'grid-app', 'data.read', 0)`;
  await audit.query(insert);
  for (const text of ['UPDATE audit.entry SET time = 1', 'DELETE FROM audit.entry', 'TRUNCATE audit.entry']) {
    for (const way of [audit, database.app]) await t.rejects(way.query(text), { code: '42501' }, text);
  }
});

t.test('a failure never carries database text', async (t) => {
  const cases = [
    ['SELECT pg_sleep(20)', 'timeout'],
    ['SELECT 1/0', 'internal'],
    ['SELECT * FROM secret_table', 'internal'],
    [`SELECT pg_terminate_backend(pg_backend_pid())`, 'internal'],
  ] as const;
  for (const [text, code] of cases) {
    const error = await database.reader.query({ text, values: [] }).catch((error: Error) => error);
    t.match(error, { name: 'Problem', code });
    t.notMatch(JSON.stringify([error.toString(), (error as Error).message]), /secret|pg_|zero|statement|terminat/i);
  }
});
