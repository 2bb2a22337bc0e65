import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { issueGrant } from '../../src/access/grants/issue-grant.js';
import { registerApplication } from '../../src/access/identity/register-application.js';
import { composeNode } from '../../src/app.js';
import { rowId } from '../../src/catalog/row-id.js';
import { systemClock } from '../../src/platform/clock.js';
import { loadConfig } from '../../src/platform/config.js';
import { packageRoot } from '../../src/platform/paths.js';
import { type EmbeddedPostgres, startPostgres } from '../../src/platform/postgres/embedded/start-postgres.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { keysIn } from '../support/keys.js';
import { publishDirectory, type requestToken } from '../support/node.js';

export const CONTRACT = 'police/resident/v1';
export const TABLE = 'police__resident';
const COMMUNITY = '370303104003';
const BY = { actor: null, request: '00000000-0000-4000-8000-000000000000' };

export interface Fixture {
  postgres: EmbeddedPostgres;
  keys: string;
  columns: string[];
  rowIds: string[];
  /** id_number of each row. */
  numbers: string[];
  client: { clientId: string; privateKey: CryptoKey; kid: string };
}
type CryptoKey = Parameters<typeof requestToken>[2]['privateKey'];

/** A PostgreSQL of its own with `rows` residents of one community, an application, and its grant: default masks, one community, minors masked. */
export async function makeFixture(rows: number, port: number): Promise<Fixture> {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-bench-'));
  const postgres = await startPostgres({ dataDir: directory });
  await migrate(postgres.url);
  const keys = join(directory, 'keys');
  const config = loadConfig({ port, publicUrl: `http://127.0.0.1:${port}`, demo: true, logLevel: 'silent' }, {});
  const node = await composeNode({
    config,
    databaseUrl: postgres.url,
    keys: await keysIn(keys),
    clock: systemClock,
  });
  await publishDirectory(node, join(packageRoot, 'catalog'));
  const { exchange } = node;
  const contract = exchange.policy.current().catalog.contracts.get(CONTRACT)!;
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = 'bench-1';
  await registerApplication(
    exchange,
    {
      clientId: 'bench',
      title: 'bench',
      department: 'grid-center',
      roles: [],
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256' }] },
    },
    BY,
  );
  const fields = [...contract.fields.keys()];
  const masks = Object.fromEntries(
    [...contract.fields.values()]
      .filter((field) => field.sensitivity > 'L2')
      .map((field) => [field.name, field.name === 'id_number' ? ('none' as const) : field.defaultMask]),
  );
  const validUntil = new Date(Date.now() + 86_400_000).toISOString();
  const rowsScope = { scope: [{ field: 'residence_division', in: [COMMUNITY] }] };
  await issueGrant(
    exchange,
    {
      application: 'bench',
      dataset: contract.name,
      major: 1,
      mode: 'read',
      fields,
      masks,
      rows: rowsScope,
      purposes: ['grid-service'],
      legalBasis: '《政务数据共享条例》第二十一条',
      validUntil,
    },
    BY,
  );
  const made = await insertResidents(exchange, rows);
  await node.close();
  return { postgres, keys, columns: fields, ...made, client: { clientId: 'bench', privateKey, kid } };
}

/** Straight into the table: this bench measures reading. */
async function insertResidents(
  { database, keys }: Awaited<ReturnType<typeof composeNode>>['exchange'],
  rows: number,
): Promise<{ rowIds: string[]; numbers: string[] }> {
  const rowIds: string[] = [];
  const numbers: string[] = [];
  const size = 10_000;
  for (let from = 0; from < rows; from += size) {
    const count = Math.min(size, rows - from);
    const batch = Array.from(
      { length: count },
      (_, i) =>
        `370399${1940 + ((from + i) % 80)}0101${String(from + i)
          .padStart(4, '0')
          .slice(-4)}`.slice(0, 12) + String(from + i).padStart(6, '0'),
    );
    const ids = batch.map((number) => rowId(keys, 'police/resident', [number]));
    await database.owner.query(
      `INSERT INTO data.${TABLE} (row_id, id_kind, id_number, name, gender, born, ethnic_group, phone, registered_division, registered_address, residence_division, residence_address, grid_code, household_county, household_no, status, minor_until, _since)
       SELECT r, '111', n, '王小明', '1', '1980-01-01', '01', '19900001234', '${COMMUNITY}', '山东省淄博市张店区房镇镇盛世康城一号楼', '${COMMUNITY}', '山东省淄博市张店区房镇镇盛世康城一号楼', '${COMMUNITY}001', '370303', '100000001', '0', '1994-01-01', 1
       FROM unnest($1::uuid[], $2::text[]) AS u(r, n)`,
      [ids, batch],
    );
    rowIds.push(...ids);
    numbers.push(...batch);
  }
  // An order of a grant gets its index once the dataset has a release.
  await database.owner.query('UPDATE exchange.line SET release = 1 WHERE name = $1', ['police/resident']);
  await database.owner.query(`ANALYZE data.${TABLE}`);
  return { rowIds, numbers };
}
