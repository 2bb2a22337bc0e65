import { join } from 'node:path';
import type { GrantDraft } from '../../access/grants/draft-grant.js';
import type { Grant } from '../../access/grants/grant.js';
import { issueGrant } from '../../access/grants/issue-grant.js';
import { registerApplication } from '../../access/identity/register-application.js';
import type { By } from '../../access/policy/change-policy.js';
import type { Contract } from '../../catalog/contract.js';
import { contractId } from '../../catalog/contract-id.js';
import { loadCatalog } from '../../catalog/load.js';
import { proxyOf } from '../../catalog/source-terms.js';
import { publicPart } from '../../client/new-key.js';
import type { PrivateJwk } from '../../client/private-jwk.js';
import type { Exchange } from '../../exchange/exchange.js';
import { publishCatalog } from '../../exchange/publishing/publish-contract.js';
import { known } from '../../platform/known.js';
import { packageRoot } from '../../platform/paths.js';
import { isPersonal } from '../../standard/mask.js';
import type { Mask } from '../../standard/type.js';
import { type DemoApplication, type DemoGrant, demoApplications } from './demo-applications.js';
import { openDemoKeys } from './demo-keys.js';

/** One application as in `demo.json`. */
export interface RegisteredDemo {
  application: DemoApplication;
  privateJwk: PrivateJwk;
  grants: Grant[];
}

const VALID_YEARS = 5;
const YEAR_MS = 366 * 86_400_000;

/** Publishes the package's catalog where no newer exists, then the missing applications and grants, as the demo. */
export async function registerDemo(exchange: Exchange): Promise<RegisteredDemo[]> {
  await publishDemoCatalog(exchange);
  const { catalog } = exchange.policy.current();
  const keys = openDemoKeys(exchange.keys.directory);
  const registered: RegisteredDemo[] = [];
  const delivered = [...catalog.contracts.values()].filter((contract) => proxyOf(contract) === undefined);
  for (const application of demoApplications(catalog.publishers.values(), delivered)) {
    const { key, made } = await keys.of(application.clientId);
    await registerIfAbsent(exchange, application, key, made);
    for (const grant of application.grants) await issueIfAbsent(exchange, application.clientId, grant);
    registered.push({ application, privateJwk: key, grants: grantsOf(exchange, application.clientId) });
  }
  return registered;
}

async function publishDemoCatalog(exchange: Exchange): Promise<void> {
  const loaded = await loadCatalog(join(packageRoot, 'catalog'));
  const fault = loaded.faults[0];
  if (fault !== undefined) throw new Error(`catalog/${fault.file ?? ''}: ${fault.reason}`);
  // An existing contract may be newer (`catalog apply`): the demo never replaces it.
  const { catalog } = exchange.policy.current();
  const absent = (documents: { document: unknown }[], known: (document: Record<string, string>) => boolean) =>
    documents.map(({ document }) => document).filter((document) => !known(document as Record<string, string>));
  await publishCatalog(
    exchange,
    {
      publishers: absent(loaded.publishers, ({ slug = '' }) => catalog.publishers.has(slug)),
      purposes: absent(loaded.purposes, ({ code = '' }) => catalog.purposes.has(code)),
      contracts: absent(loaded.contracts, ({ dataset, version }) =>
        catalog.contracts.has(contractId(dataset ?? '', version?.split('.')[0] ?? '')),
      ),
    },
    by(exchange),
  );
}

async function registerIfAbsent(
  exchange: Exchange,
  application: DemoApplication,
  key: PrivateJwk,
  made: boolean,
): Promise<void> {
  const { clientId, title, department, roles } = application;
  if (exchange.policy.current().applications.has(clientId)) {
    if (made)
      throw new Error(
        `${clientId} is registered, but its key is not under this data directory: use the one it was made in.`,
      );
    return;
  }
  const draft = { clientId, title, department, roles, jwks: { keys: [publicPart(key)] } };
  await registerApplication(exchange, draft, by(exchange));
}

/** A revoked grant stays revoked: only a grant that was never issued is missing. */
async function issueIfAbsent(exchange: Exchange, clientId: string, demo: DemoGrant): Promise<void> {
  const { grants, catalog } = exchange.policy.current();
  for (const { application, dataset, major, mode } of grants.values()) {
    if (application === clientId && dataset === demo.dataset && major === demo.major && mode === demo.mode) return;
  }
  const contract = catalog.contracts.get(contractId(demo.dataset, demo.major));
  if (contract === undefined) return;
  const validUntil = new Date(exchange.clock.now() + VALID_YEARS * YEAR_MS).toISOString();
  await issueGrant(exchange, grantDraft(clientId, demo, contract, validUntil), by(exchange));
}

function grantDraft(clientId: string, demo: DemoGrant, contract: Contract, validUntil: string): GrantDraft {
  const masks: Record<string, Mask> = {};
  const fields = (demo.fields ?? [...contract.fields.keys()]).filter((name) => contract.fields.has(name));
  for (const name of fields) {
    const field = known(contract.fields, name);
    if (!isPersonal(field.sensitivity)) continue;
    masks[field.name] = demo.masks === 'none' ? 'none' : field.defaultMask;
  }
  if (demo.masks === 'none') masks.minors = 'none';
  return {
    application: clientId,
    dataset: demo.dataset,
    major: demo.major,
    mode: demo.mode,
    fields,
    masks,
    rows: demo.rows,
    purposes: [demo.purpose],
    legalBasis: demo.legalBasis,
    ...(demo.requires === undefined ? {} : { requires: demo.requires }),
    validUntil,
  };
}

function grantsOf(exchange: Exchange, clientId: string): Grant[] {
  const { grants } = exchange.policy.current();
  return [...grants.values()].filter((grant) => grant.application === clientId && grant.status === 'active');
}

/** The author of entries that the demo itself makes. */
export function by(exchange: Exchange): By {
  const actor = { issuer: exchange.config.publicUrl, subject: 'demo', application: 'demo', department: 'exchange' };
  return { actor, request: exchange.clock.uuid() };
}
