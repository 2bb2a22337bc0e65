import canonicalize from 'canonicalize';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Database } from '../../platform/postgres/database.js';
import type { Policy } from '../policy/policy.js';
import type { Secrets } from '../sign-in/secrets.js';
import { keyFault } from './check-application.js';
import { errors } from './oidc-provider.js';
import { peopleClient } from './people-clients.js';
import type { Application } from './subject.js';

interface StoredPayload {
  id: string;
  payload: AdapterPayload & { mac?: string };
  consumed: string | null;
}

/** Stores the models of oidc-provider in `exchange.oidc`, except clients: those are the policy index's applications. */
export function oidcAdapter(parts: {
  database: Database;
  policy: Policy;
  secrets: Secrets;
}): (model: string) => Adapter {
  return (model) => (model === 'Client' ? clients(parts.policy) : stored(parts, model));
}

/** A row that was written by hand, or belongs to another id, is like none. */
function macOf(secrets: Secrets, row: string, payload: AdapterPayload): string {
  return secrets.digest(`oidc ${row}`, canonicalize(JSON.parse(JSON.stringify(payload))) ?? '').toString('base64');
}

/** A weak key may be registered from before it was refused. */
function usableKeys({ jwks }: Application): Record<string, unknown>[] {
  return jwks.keys.filter((key) => keyFault(key) === undefined).map((key) => structuredClone(key));
}

/** Registered applications as OAuth clients, also suspended ones, who hear so once they have shown their key: `private_key_jwt` authentication, `client_credentials` only. */
function clients(policy: Policy): Adapter {
  return {
    ...REFUSING,
    find: async (id) => {
      const ours = peopleClient(id);
      if (ours !== undefined) return { ...ours };
      const application = policy.current().applications.get(id);
      if (application === undefined || application.status === 'disabled') return undefined;
      return {
        client_id: application.clientId,
        client_name: application.title,
        jwks: { keys: usableKeys(application) },
        token_endpoint_auth_method: 'private_key_jwt',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        dpop_bound_access_tokens: application.dpop,
      };
    },
  };
}

function stored({ database, secrets }: { database: Database; secrets: Secrets }, model: string): Adapter {
  const find = async (column: 'id' | 'uid' | 'user_code', value: string): Promise<AdapterPayload | undefined> => {
    const { rows } = await database.app.query<StoredPayload>(
      `SELECT id, payload, extract(epoch FROM consumed_at)::bigint::text AS consumed FROM exchange.oidc
       WHERE model = $1 AND ${column} = $2 AND (expires_at IS NULL OR expires_at > now())`,
      [model, value],
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    const { mac, ...payload } = row.payload;
    if (mac !== macOf(secrets, `${model} ${row.id}`, payload)) return undefined;
    return { ...payload, ...(row.consumed !== null && { consumed: Number(row.consumed) }) };
  };
  return {
    find: (id) => find('id', id),
    findByUid: (uid) => find('uid', uid),
    findByUserCode: (userCode) => find('user_code', userCode),
    async upsert(id, payload, expiresIn) {
      // Several requests with one assertion at once all find nothing; the insert accepts one of them.
      const once = model === 'ReplayDetection';
      const { rowCount } = await database.app.query(
        `INSERT INTO exchange.oidc (model, id, payload, grant_id, uid, user_code, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
         ON CONFLICT (model, id) DO ${once ? 'NOTHING' : 'UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at'}`,
        [
          model,
          id,
          { ...payload, mac: macOf(secrets, `${model} ${id}`, payload) },
          payload.grantId,
          payload.uid,
          payload.userCode,
          expiresIn ?? null,
        ],
      );
      if (rowCount === 0) throw new errors.InvalidClientAuth('client assertion tokens must only be used once');
    },
    async consume(id) {
      const { rowCount } = await database.app.query(
        'UPDATE exchange.oidc SET consumed_at = now() WHERE model = $1 AND id = $2 AND consumed_at IS NULL',
        [model, id],
      );
      if (rowCount === 0) throw new errors.InvalidGrant('already used');
    },
    async destroy(id) {
      await database.app.query('DELETE FROM exchange.oidc WHERE model = $1 AND id = $2', [model, id]);
    },
    async revokeByGrantId(grantId) {
      await database.app.query('DELETE FROM exchange.oidc WHERE model = $1 AND grant_id = $2', [model, grantId]);
    },
  };
}

const refuse = async (): Promise<never> => {
  throw new errors.InvalidRequest('clients are registered at the platform API');
};
const REFUSING: Adapter = {
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  upsert: refuse,
  consume: refuse,
  destroy: refuse,
  revokeByGrantId: refuse,
};

/** Deletes what is over: expired rows, failures that no longer count, sessions and links of 90 days ago. */
export async function cleanOidc(database: Database): Promise<void> {
  await database.app.query('DELETE FROM exchange.oidc WHERE expires_at < now()');
  await database.app.query(`DELETE FROM exchange.sign_in_failure WHERE blocked_until < now() - interval '15 minutes'`);
  await database.app.query(`DELETE FROM exchange.session WHERE began_at < now() - interval '90 days'`);
  await database.app.query(`DELETE FROM exchange.invitation WHERE expires_at < now() - interval '90 days'`);
}
