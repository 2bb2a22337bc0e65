import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { exportJWK, generateKeyPair } from 'jose';
import pg from 'pg';
import t from 'tap';
import { entriesFrom } from '../failure/load.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { requestToken, type TestNode, testNode } from '../support/node.js';

// Invariant 9: a row written by hand into the platform's tables opens nothing: what grants access must be in the log.
const ROWS = '/data/police/resident/v1/rows';
const ID = /3703991980013100/;

const node = await testNode(t);
await deliverPeople(node, people(3));
for (const clientId of ['reader', 'widened', 'revoked']) {
  await node.register(clientId);
  await node.grant({ application: clientId, dataset: 'police/resident' });
}
await node.register('stranger');
await node.register('operator', { roles: ['operator'] });
const sql = new pg.Client({ connectionString: node.databaseUrl });
await sql.connect();
t.teardown(() => sql.end());
/** A node that starts now reads everything again. */
const reread = () => testNode(t, { beside: node });

/** What the application gets from the running node and from one that starts later. */
async function statuses(
  as: string,
  nodes: readonly [TestNode, TestNode],
  path = `${ROWS}?_limit=5`,
): Promise<number[]> {
  const headers = { authorization: `Bearer ${await nodes[0].token(as)}` };
  const replies = await Promise.all(nodes.map((node) => node.ask('GET', path, { headers })));
  for (const { text } of replies) if (ID.test(text)) throw new Error(`an unmasked number left: ${text}`);
  return replies.map(({ status }) => status);
}

async function recordOf(kind: string, like: string) {
  const { rows } = await sql.query<{ id: string; version: number; document: string; entry_index: string }>(
    'SELECT * FROM exchange.policy_record WHERE kind = $1 AND (document LIKE $2 OR id = $2) ORDER BY version DESC',
    [kind, like],
  );
  return { ...rows[0]!, document: JSON.parse(rows[0]!.document) as Record<string, unknown> };
}

function insertRecord(record: { kind: string; id: string; version: number; document: unknown; index: string }) {
  return sql.query(
    'INSERT INTO exchange.policy_record (kind, id, version, document, entry_index) VALUES ($1, $2, $3, $4, $5)',
    [record.kind, record.id, record.version, canonicalize(record.document), record.index],
  );
}

t.test('a grant without an entry', async (t) => {
  const grant = await recordOf('grant', '%"reader"%');
  const id = crypto.randomUUID();
  const document = { ...grant.document, id, application: 'stranger', masks: unmasked(node) };
  await insertRecord({ kind: 'grant', id, version: 1, document, index: grant.entry_index });
  await sql.query(`SELECT pg_notify('exchange_policy', '9999')`);
  t.same(await statuses('stranger', [node, await reread()]), [404, 404], 'at the index of another grant');
  const wider = { ...grant.document, masks: unmasked(node) };
  await insertRecord({ kind: 'grant', id: grant.id, version: 2, document: wider, index: '99999' });
  t.same(await statuses('reader', [node, await reread()]), [200, 200], 'a second version, wider: masked as before');
});

t.test('a grant that was widened in place', async (t) => {
  const grant = await recordOf('grant', '%"widened"%');
  const document = canonicalize({ ...grant.document, masks: unmasked(node) });
  await sql.query('UPDATE exchange.policy_record SET document = $1 WHERE id = $2', [document, grant.id]);
  const [running, fresh] = await statuses('widened', [node, await reread()]);
  t.equal(running, 200, 'the running node keeps what the log said');
  t.equal(fresh, 404, 'for one that starts the grant is closed, not wider');
});

t.test('a revocation that was deleted', async (t) => {
  const { id } = await recordOf('grant', '%"revoked"%');
  const revoked = await node.ask('POST', `/api/v1/grants/${id}/revoke`, { as: 'operator', body: {} });
  t.equal(revoked.status, 200);
  await sql.query('DELETE FROM exchange.policy_record WHERE id = $1 AND version = 2', [id]);
  t.same(await statuses('revoked', [node, await reread()]), [404, 404]);
});

t.test('an application, a key and a role that were never registered', async (t) => {
  const known = await recordOf('application', '%"stranger"%');
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = 'forged';
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  const forged = { ...known.document, clientId: 'forged-app', roles: ['operator', 'auditor'], jwks: { keys: [jwk] } };
  await insertRecord({
    kind: 'application',
    id: 'forged-app',
    version: 1,
    document: forged,
    index: known.entry_index,
  });
  await sql.query(
    `INSERT INTO exchange.oidc (model, id, payload, expires_at) VALUES ('Client', 'forged-app', $1, now() + interval '1 day')`,
    [JSON.stringify({ client_id: 'forged-app', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })],
  );
  const fresh = await reread();
  for (const { baseUrl, exchange } of [node, fresh])
    await t.rejects(requestToken(exchange.config, 'forged-app', { privateKey, kid }, 'platform', baseUrl), /401/);

  await sql.query('UPDATE exchange.policy_record SET document = $1 WHERE kind = $2 AND id = $3', [
    canonicalize({ ...known.document, roles: ['operator', 'auditor'] }),
    'application',
    'stranger',
  ]);
  const headers = { authorization: `Bearer ${await node.token('stranger', 'platform')}` };
  for (const one of [node, await reread()]) {
    const entry = await one.ask('GET', '/api/v1/audit/entries/0', { headers });
    t.ok(entry.status >= 400 && !entry.text.includes('"bytes"'), `reading the log: ${entry.status}`);
    const revoke = await one.ask('POST', `/api/v1/grants/${crypto.randomUUID()}/revoke`, { headers, body: {} });
    t.ok([401, 403].includes(revoke.status), `acting as operator: ${revoke.status}`);
  }
});

t.test('a contract made laxer', async (t) => {
  const contract = await recordOf('contract', 'police/resident/v1');
  const fields = contract.document.fields as Record<string, object>;
  const laxer = {
    ...contract.document,
    fields: { ...fields, id_number: { ...fields.id_number, sensitivity: 'L1', mask: 'none' } },
  };
  await sql.query('UPDATE exchange.policy_record SET document = $1 WHERE kind = $2 AND id = $3', [
    canonicalize(laxer),
    'contract',
    contract.id,
  ]);
  t.same(await statuses('reader', [node, await reread()]), [200, 404], 'closed for a node that starts');
});

t.test('an entry at the end of the log', async (t) => {
  const fresh = await reread();
  const grant = await recordOf('grant', '%"reader"%');
  const entries = await entriesFrom(node.exchange.database.app, 0);
  const issued = entries.findLast(({ event }) => event === 'grant.issued')!;
  const id = crypto.randomUUID();
  const document = { ...grant.document, id, application: 'stranger', masks: unmasked(node) };
  const hash = createHash('sha256').update(canonicalize(document)!).digest('hex');
  const forged = (index: number) => ({
    ...issued,
    index: undefined,
    detail: { record: { kind: 'grant', id, version: 1, hash } },
    request: String(index),
  });
  const { rows } = await sql.query<{ next: string; policy_epoch: string; last_time: string }>(
    'SELECT * FROM audit.batch ORDER BY first DESC LIMIT 1',
  );
  const next = Number(rows[0]!.next);
  await sql.query(
    'INSERT INTO audit.entry (index, bytes, sealed, application, event, time) VALUES ($1, $2, $3, NULL, $4, 0)',
    [next, Buffer.from(canonicalize(forged(next))!), Buffer.alloc(0), 'grant.issued'],
  );
  await insertRecord({ kind: 'grant', id, version: 1, document, index: String(next) });
  t.strictSame(
    await statuses('stranger', [node, fresh]),
    [503, 503],
    'the log can no longer be written, and that is what is said',
  );

  // With a head that does not match its entries.
  await sql.query(
    'INSERT INTO audit.batch (first, next, edge, batch_id, last_time, policy_epoch) VALUES ($1, $2, $3, gen_random_uuid(), $4, $5)',
    [next, next + 1, Buffer.alloc(32), rows[0]!.last_time, Number(rows[0]!.policy_epoch) + 1],
  );
  await sql.query(`SELECT pg_notify('exchange_policy', $1)`, [String(Number(rows[0]!.policy_epoch) + 1)]);
  t.strictSame(await statuses('stranger', [node, fresh]), [503, 503], 'a forged head opens nothing');
  await t.rejects(reread(), 'and no node starts on it');
});
