import type { Test } from 'tap';
import type { GrantDraft } from '../../src/access/grants/draft-grant.js';
import { issueGrant } from '../../src/access/grants/issue-grant.js';
import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { disableApplication, registerApplication } from '../../src/access/identity/register-application.js';
import { openPolicy } from '../../src/access/policy/open-policy.js';
import { recordHash } from '../../src/access/policy/records.js';
import { Problem } from '../../src/platform/errors.js';
import t from '../support/tap.js';
import { publicJwk } from './keys.js';
import { stand, until } from './support.js';

const s = await stand(t);
const by = { actor: null, request: s.clock.uuid() };
const UNTIL = new Date(Date.now() + 86_400_000).toISOString();

const draft: GrantDraft = {
  application: 'reader',
  dataset: 'town/person',
  major: 1,
  mode: 'read',
  fields: ['id_number', 'name', 'gender'],
  masks: { id_number: 'id-number', name: 'initial' },
  rows: { scope: [{ field: 'division', in: ['370303104003'] }] },
  purposes: ['care'],
  legalBasis: '测试',
  validUntil: UNTIL,
};

async function application(clientId: string, more = {}) {
  const kid = `${clientId}-1`;
  const registration = { clientId, title: clientId, department: 'office', roles: [], jwks: { keys: [publicJwk(kid)] } };
  return registerApplication(s, { ...registration, ...more }, by);
}

function problem(code: string, pointer?: string) {
  return (error: Error): boolean =>
    error instanceof Problem &&
    error.code === code &&
    (pointer === undefined || error.faults.some((f) => f.pointer === pointer));
}
async function refuses(t: Test, promise: Promise<unknown>, expected: (error: Error) => boolean, name: string) {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  );
  t.ok(
    outcome !== undefined && expected(outcome),
    `${name}: ${outcome?.message} ${JSON.stringify((outcome as Problem)?.faults)}`,
  );
}

t.test('every node serves what is published and registered', async (t) => {
  t.equal(s.policy.current().catalog.contracts.size, 5);
  t.equal(s.policy.current().catalog.purposes.size, 3);
  const second = await s.secondPolicy();
  t.equal(second.current().epoch, s.policy.current().epoch);
  const { application: reader } = await application('reader');
  t.equal(reader.status, 'active');
  const { grant, receipt } = await issueGrant(s, draft, by);
  t.equal(grant.version, 1);
  t.equal(grant.approved?.name?.sensitivity, 'L3');
  t.equal(s.policy.current().grantsOf('reader', 'town/person/v1', 'read')[0], grant);
  t.ok(receipt.index > 0);
  await until(() => second.current().grants.has(grant.id));
  await until(async () => {
    const { rows } = await s.database.app.query('SELECT id FROM exchange.node WHERE epoch >= $1', [
      s.policy.current().epoch,
    ]);
    return rows.length === 2;
  });
  const revoked = await revokeGrant(s, grant.id, by);
  t.equal(revoked.grant.status, 'revoked');
  t.equal(revoked.grant.version, 2);
  t.notOk(s.policy.current().holdsAny('reader', 'town/person/v1'));
  await until(() => second.current().grants.get(grant.id)?.status === 'revoked');
  await refuses(t, revokeGrant(s, grant.id, by), problem('conflict'), 'revoked twice');
  await refuses(t, revokeGrant(s, s.clock.uuid(), by), problem('not-found'), 'unknown grant');
});

t.test('a fresh index equals one that grew', async (t) => {
  const fresh = await openPolicy({
    database: s.database,
    log: s.log,
    clock: s.clock,
    node: 'fresh',
    keys: s.keys,
    origin: 'test',
  });
  const grown = s.policy.current();
  t.strictSame([...fresh.current().grants.values()], [...grown.grants.values()]);
  t.strictSame([...fresh.current().applications.values()], [...grown.applications.values()]);
  t.equal(fresh.current().catalog.hash, grown.catalog.hash);
  await fresh.close();
});

t.test('drafts that cannot be agreed', async (t) => {
  await application('town-publisher', { department: 'town', roles: ['publisher'] });
  const scope = (term: object) => ({ rows: { scope: [term] } });
  const table: [string, object, string, string?][] = [
    ['an unknown application', { application: 'nobody' }, 'unprocessable', '/application'],
    ['an unknown dataset', { dataset: 'town/nothing' }, 'unprocessable', '/dataset'],
    ['an unknown major', { major: 2 }, 'unprocessable', '/dataset'],
    [
      'a dataset that is not shared',
      { dataset: 'town/secret', fields: ['code'], masks: {}, rows: { all: true } },
      'unprocessable',
      '/dataset',
    ],
    ['no field', { fields: [], masks: {} }, 'unprocessable', '/fields'],
    ['an unknown field', { fields: ['gander'] }, 'unprocessable', '/fields/0'],
    ['a field twice', { fields: ['gender', 'gender'], masks: {} }, 'unprocessable', '/fields/1'],
    ['a personal field without its mask', { masks: { name: 'initial' } }, 'unprocessable', '/masks/id_number'],
    [
      'a mask of a field that is not granted',
      { fields: ['gender'], masks: { name: 'initial' } },
      'unprocessable',
      '/masks/name',
    ],
    ['a mask that does not fit', { fields: ['born'], masks: { born: 'initial' } }, 'unprocessable', '/masks/born'],
    ['a mask that does not exist', { fields: ['name'], masks: { name: 'blur' } }, 'unprocessable', '/masks/name'],
    [
      'a mask called after the prototype',
      { fields: ['gender'], masks: { constructor: 'none' } },
      'unprocessable',
      '/masks/constructor',
    ],
    [
      'minors masked instead of lifted',
      { masks: { ...draft.masks, minors: 'hide' } },
      'unprocessable',
      '/masks/minors',
    ],
    ['rows by what is no scope', scope({ field: 'gender', in: ['1'] }), 'unprocessable', '/rows/scope/0/field'],
    ['rows by an empty prefix', scope({ field: 'division', prefix: [''] }), 'unprocessable', '/rows/scope/0/prefix'],
    ['rows by in and prefix', scope({ field: 'division', in: ['1'], prefix: ['1'] }), 'unprocessable', '/rows/scope/0'],
    ['no purpose', { purposes: [] }, 'unprocessable', '/purposes'],
    ['an unknown purpose', { purposes: ['profit'] }, 'unprocessable', '/purposes/0'],
    ['a purpose twice', { purposes: ['care', 'care'] }, 'unprocessable', '/purposes/1'],
    ['no legal basis', { legalBasis: ' ' }, 'unprocessable', '/legalBasis'],
    ['an end in the past', { validUntil: '2020-01-01T00:00:00Z' }, 'unprocessable', '/validUntil'],
    ['an end that is no instant', { validUntil: 'tomorrow' }, 'unprocessable', '/validUntil'],
    ['an end before the start', { validFrom: '2999-01-01T00:00:00Z' }, 'unprocessable', '/validUntil'],
    [
      'delivering by another department',
      { mode: 'deliver', fields: [], masks: {}, rows: { all: true } },
      'unprocessable',
      '/application',
    ],
    [
      'delivering over what is no partition',
      {
        application: 'town-publisher',
        mode: 'deliver',
        fields: [],
        masks: {},
        ...scope({ field: 'gender', in: ['1'] }),
      },
      'unprocessable',
      '/rows/scope/0/field',
    ],
  ];
  for (const [name, change, code, pointer] of table) {
    await refuses(t, issueGrant(s, { ...draft, ...change } as GrantDraft, by), problem(code, pointer), name);
  }
  const partition = { application: 'town-publisher', mode: 'deliver' as const, fields: [], masks: {} };
  t.ok(await issueGrant(s, { ...draft, ...partition }, by), 'the publisher over its partition');
});

t.test('at most one grant for an application, dataset, mode and purpose at a time', async (t) => {
  const both = await Promise.allSettled([
    issueGrant(s, draft, by),
    issueGrant(s, { ...draft, purposes: ['care', 'count'] }, by),
  ]);
  t.strictSame(both.map((one) => one.status).sort(), ['fulfilled', 'rejected'], 'two at once');
  await refuses(t, issueGrant(s, draft, by), problem('conflict'), 'the same again');
  t.ok(await issueGrant(s, { ...draft, purposes: ['rescue'] }, by), 'another purpose');
  const later = { validFrom: UNTIL, validUntil: new Date(Date.parse(UNTIL) + 86_400_000).toISOString() };
  t.ok(await issueGrant(s, { ...draft, ...later }, by), 'the renewal that begins when this one ends');
});

t.test('an application disabled during a change changes nothing', async (t) => {
  await application('boss', { roles: ['operator'] });
  await application('subject');
  const authorise = () => {
    if (s.policy.current().applications.get('boss')?.status !== 'active') throw new Problem('unauthenticated');
  };
  /** Another node commits a change between the decision and the append: `between` runs once, before the append. */
  const racing = (between: () => Promise<unknown>) => {
    let left = 1;
    const appendIn: typeof s.log.appendIn = async (tx, drafts, options) => {
      if (left-- === 1) await between();
      return s.log.appendIn(tx, drafts, options);
    };
    return { ...s, log: { ...s.log, appendIn } };
  };
  const other = {
    kind: 'purpose' as const,
    id: 'late',
    document: { code: 'late' },
    event: 'purpose.registered' as const,
  };
  const ask = { ...draft, application: 'subject' };
  const { grant } = await issueGrant(
    racing(() => s.write([other])),
    ask,
    { ...by, authorise },
  );
  t.equal(grant.status, 'active', 'a change that does not concern it is decided again, and made');
  const boss = s.policy.current().applications.get('boss')!;
  const record = { kind: 'application' as const, id: 'boss', event: 'application.disabled' as const };
  const disable = () => s.write([{ ...record, document: { ...boss, status: 'disabled' } }]);
  await refuses(
    t,
    revokeGrant(racing(disable), grant.id, { ...by, authorise }),
    problem('unauthenticated'),
    'disabled',
  );
  t.equal(s.policy.current().grants.get(grant.id)?.status, 'active');
});

t.test('registrations that are refused', async (t) => {
  const key = publicJwk('k');
  const table: [string, object, string][] = [
    ['an id in capitals', { clientId: 'Reader' }, '/clientId'],
    ['an id with a slash', { clientId: 'a/b' }, '/clientId'],
    ['no title', { title: ' ' }, '/title'],
    ['a role that does not exist', { roles: ['admin'] }, '/roles/0'],
    ['no key', { jwks: { keys: [] } }, '/jwks/keys'],
    ['a private key', { jwks: { keys: [{ ...key, d: 'AAAA' }] } }, '/jwks/keys/0'],
    ['a shared secret', { jwks: { keys: [{ kty: 'oct', k: 'AAAA', kid: 'k' }] } }, '/jwks/keys/0'],
    ['an RSA key', { jwks: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'k' }] } }, '/jwks/keys/0'],
    ['a key of another curve', { jwks: { keys: [{ ...key, crv: 'P-384' }] } }, '/jwks/keys/0'],
    ['a key off its curve', { jwks: { keys: [{ ...key, x: key.y }] } }, '/jwks/keys/0'],
    ['a key without kid', { jwks: { keys: [{ ...key, kid: undefined }] } }, '/jwks/keys/0'],
    ['one kid twice', { jwks: { keys: [key, key] } }, '/jwks/keys/1'],
  ];
  for (const [name, change, pointer] of table)
    await refuses(t, application('another', change), problem('unprocessable', pointer), name);
  await refuses(t, application('reader'), problem('conflict'), 'an id that is taken');
  const { application: gone } = await disableApplication(s, 'reader', by);
  t.equal(gone.status, 'disabled');
  t.ok(gone.tokensNotBefore * 1_000 >= Date.now() - 1_000);
  await refuses(t, disableApplication(s, 'reader', by), problem('conflict'), 'disabled twice');
  await refuses(t, application('reader'), problem('conflict'), 'an id that was used');
  await refuses(
    t,
    issueGrant(s, { ...draft, purposes: ['rescue'] }, by),
    problem('unprocessable', '/application'),
    'disabled',
  );
});

t.test('a row written by hand opens nothing', async (t) => {
  await application('honest');
  const { grant: own } = await issueGrant(s, { ...draft, application: 'honest' }, by);
  await revokeGrant(s, own.id, by);
  const { grant: other } = await issueGrant(s, { ...draft, application: 'honest', purposes: ['count'] }, by);
  const { rows } = await s.database.app.query(
    `SELECT version, document, entry_index FROM exchange.policy_record WHERE kind = 'grant' AND id = $1 ORDER BY version`,
    [own.id],
  );
  const issued = rows[0];
  const wide = JSON.stringify({ ...JSON.parse(issued.document), purposes: ['rescue'], rows: { all: true } });
  const forged = s.clock.uuid();
  const insert = (id: string, version: number, document: string, entry: unknown) =>
    s.database.app.query(
      `INSERT INTO exchange.policy_record (kind, id, version, document, entry_index) VALUES ('grant', $1, $2, $3, $4)`,
      [id, version, document, entry],
    );
  await insert(forged, 1, wide, 999_999_999);
  await insert(own.id, 3, issued.document, issued.entry_index); // the version before the revocation, as a newer one
  await insert(own.id, 4, wide, issued.entry_index); // another document on a true entry
  await insert(s.clock.uuid(), 1, issued.document, issued.entry_index); // another id on a true entry
  await insert(own.id, 5, issued.document, issued.entry_index - 1); // another record's entry
  const owner = await s.database.owner.connect();
  await owner.query(`UPDATE exchange.policy_record SET document = $1 WHERE kind = 'grant' AND id = $2`, [
    wide,
    other.id,
  ]);
  owner.release();
  t.not(recordHash(wide), recordHash(issued.document));

  const closed: string[] = [];
  const onClosed = (kind: string, id: string) => void closed.push(`${kind}/${id}`);
  const fresh = await openPolicy({
    database: s.database,
    log: s.log,
    clock: s.clock,
    node: 'fresh',
    onClosed,
    keys: s.keys,
    origin: 'test',
  });
  t.notOk(fresh.current().holdsAny('honest', 'town/person/v1'), 'no grant is open');
  t.equal(fresh.current().grants.get(own.id)?.status, 'revoked', 'the revocation stands');
  t.notOk(fresh.current().grants.has(forged));
  t.notOk(fresh.current().grants.has(other.id), 'an altered document closes its grant');
  t.strictSame(closed, [`grant/${other.id}`], 'and is told');
  await fresh.close();

  const tx = await s.database.owner.connect();
  await tx.query(`DELETE FROM exchange.policy_record WHERE kind = 'grant' AND id = $1 AND version > 1`, [own.id]);
  tx.release();
  const again = await openPolicy({
    database: s.database,
    log: s.log,
    clock: s.clock,
    node: 'again',
    keys: s.keys,
    origin: 'test',
  });
  t.notOk(again.current().grants.has(own.id), 'deleting the revocation does not bring the grant back');
  await again.close();
});

t.test('a record and its entry commit together or not at all', async (t) => {
  const tx = await s.database.app.connect();
  const { writeRecords } = await import('../../src/access/policy/records.js');
  await tx.query('BEGIN');
  const before = s.policy.current().epoch;
  const record = {
    kind: 'purpose' as const,
    id: 'undone',
    document: { code: 'undone' },
    event: 'purpose.registered' as const,
    ...by,
  };
  const { epoch, versions } = await writeRecords(tx, s.log, [
    record,
    { ...record, document: { code: 'undone', law: 'x' } },
  ]);
  t.equal(epoch, before + 1);
  t.strictSame(versions, [1, 2], 'two versions in one transaction');
  await tx.query('ROLLBACK');
  tx.release();
  await refuses(t, s.policy.reach(before + 1), problem('unavailable'), 'an epoch that never came');
  const wrong = { ...record, event: 'grant.issued' as const };
  await refuses(
    t,
    s.write([wrong]).then(() => {}),
    (error) => error instanceof TypeError,
    'an event of another kind',
  );
});
