import type { Outside, Part, Reply } from './outside.js';
import { once } from './outside.js';
import { asSent, CONTRACT, DRAFT, deliver, ndjson, THING_PATH, THINGS } from './thing.js';

/** Shared by the tests below. */
function tools(outside: Outside) {
  const operator = (path: string, body: unknown): Promise<Reply> =>
    outside.ask('POST', path, { as: 'operator-app', headers: once(), body });
  const publish = (contract: object) => operator('/api/v1/catalog', { contracts: [contract] });
  return { operator, publish };
}

/** A new dataset over HTTP: contract, grants, delivery; both doors, the reference and the schema have it at once. */
export const publishing: Part = [
  [
    'a contract with faults is refused with the place and a near-miss of each',
    async (t, outside) => {
      const { publish } = tools(outside);
      const { sharing, ...rest } = CONTRACT;
      const fields = { ...CONTRACT.fields, label: { ...CONTRACT.fields.label, type: 'txt' } };
      const reply = await publish({ ...rest, sharng: sharing, fields });
      t.match([reply.status, reply.body.code], [422, 'unprocessable']);
      t.match(
        reply.body.errors.find((fault: { pointer: string }) => fault.pointer.endsWith('/sharng')),
        { suggestion: 'sharing' },
      );
      t.match(
        reply.body.errors.find((fault: { pointer: string }) => fault.pointer.endsWith('/label/type')),
        { suggestion: 'text', expected: /integer/ },
      );
      t.equal((await outside.ask('GET', THING_PATH)).status, 404);
    },
  ],
  [
    'a new contract is live at once',
    async (t, outside) => {
      const { publish } = tools(outside);
      const refused = { as: 'grid-app', headers: once(), body: { contracts: [CONTRACT] } };
      t.equal((await outside.ask('POST', '/api/v1/catalog', refused)).status, 403, 'operators only');
      const made = await publish(CONTRACT);
      t.equal(made.status, 200, made.text);
      t.match(made.body.published, [{ kind: 'contract', id: 'civil-affairs/thing/v1' }]);
      t.match((await outside.ask('GET', THING_PATH)).body, { dataset: 'civil-affairs/thing', version: '1.0', may: [] });
      const type = await outside.ask('POST', '/graphql/v1', {
        body: { query: '{ __type(name: "CivilAffairsThing") { fields { name } } }' },
      });
      t.same(
        type.body.data.__type.fields.map(({ name }: { name: string }) => name).sort(),
        ['_id', ...Object.keys(CONTRACT.fields), 'place'].sort(),
      );
      const listed = await outside.ask('GET', '/api/v1/catalog');
      t.ok(listed.body.data.some(({ id }: { id: string }) => id === 'civil-affairs/thing/v1'));
      const again = await publish(CONTRACT);
      t.match([again.status, again.body.published], [200, []], 'publishing the same again changes nothing');
    },
  ],
  [
    'grants are issued by operators, and say what is wrong with a draft',
    async (t, outside) => {
      const { operator } = tools(outside);
      const draft = { ...DRAFT, application: 'stranger-app', mode: 'read', purposes: ['grid-service'] };
      for (const [what, change, status, pointer] of [
        ['an unknown dataset', { dataset: 'civil-affairs/nothing' }, 422, '/dataset'],
        ['an unknown field', { fields: ['labl'] }, 422, '/fields/0'],
        ['a personal field without its mask', { masks: {} }, 422, '/masks/secret'],
        ['an unknown purpose', { purposes: ['curiosity'] }, 422, '/purposes/0'],
        ['no purpose', { purposes: [] }, 400, '/purposes'],
        [
          'rows by a field that limits none',
          { rows: { scope: [{ field: 'label', in: ['x'] }] } },
          422,
          '/rows/scope/0/field',
        ],
        ['an end that has passed', { validUntil: '2020-01-01T00:00:00Z' }, 422, '/validUntil'],
        ['no basis', { legalBasis: '' }, 400, '/legalBasis'],
        ['an unknown mode', { mode: 'look' }, 400, '/mode'],
        ['an unknown application', { application: 'nobody' }, 422, '/application'],
        ['an unknown member', { colour: 'red' }, 400, '/colour'],
      ] as const) {
        const reply = await operator('/api/v1/grants', { ...draft, ...change });
        t.equal(reply.status, status, what);
        t.ok(
          reply.body.errors.some((fault: { pointer?: string }) => fault.pointer === pointer),
          `${what}: ${reply.text}`,
        );
      }
      const byAnother = await outside.ask('POST', '/api/v1/grants', { headers: once(), body: draft });
      t.equal(byAnother.status, 403);
      for (const [application, mode, purpose] of [
        ['civil-affairs-publisher', 'deliver', 'publishing'],
        ['grid-app', 'read', 'grid-service'],
      ] as const) {
        const made = await operator('/api/v1/grants', { ...DRAFT, application, mode, purposes: [purpose] });
        t.equal(made.status, 201, made.text);
        t.match(made.body.data, { application, mode, status: 'active', version: 1 });
        t.equal(made.headers.location, `/api/v1/grants/${made.body.data.id}`);
        t.ok(made.headers['exchange-receipt'], 'a grant is an entry');
      }
      const twice = await operator('/api/v1/grants', {
        ...DRAFT,
        application: 'grid-app',
        mode: 'read',
        purposes: ['grid-service'],
      });
      t.equal(twice.status, 409, 'at most one active grant of a purpose');
    },
  ],
  [
    'its publisher delivers, and readers have it',
    async (t, outside) => {
      const body = ndjson(THINGS.map((thing) => asSent({ ...thing })));
      const made = await deliver(outside, `${THING_PATH}/deliveries?mode=snapshot`, { body });
      t.match(made.body, { state: 'published', received: 30, accepted: 30, rejected: 0, release: 1, rejects: null });
      t.equal((await outside.walk(`${THING_PATH}/rows?_limit=9`)).length, 30);
    },
  ],
  [
    'an additive change is live, a breaking one is refused and named',
    async (t, outside) => {
      const { operator, publish } = tools(outside);
      const fields = { ...CONTRACT.fields, note: { ...CONTRACT.fields.quiet, from: '备注' } };
      const added = await publish({ ...CONTRACT, version: '1.1', fields });
      t.match([added.status, added.body.published], [200, [{ version: 2 }]]);
      t.equal((await outside.ask('GET', `${THING_PATH}/rows?_limit=1`)).headers['schema-version'], '1.1');
      const { count: _count, ...fewer } = fields;
      for (const path of ['/api/v1/catalog/check', '/api/v1/catalog']) {
        const refused = await operator(path, { contracts: [{ ...CONTRACT, version: '1.2', fields: fewer }] });
        t.equal(refused.status, 422, path);
        t.match(JSON.stringify(refused.body.errors), /count/);
      }
      t.equal((await outside.ask('GET', `${THING_PATH}/rows?_limit=1`)).headers['schema-version'], '1.1');
    },
  ],
  [
    'once a revocation has returned, nothing leaves under the grant',
    async (t, outside) => {
      const { operator } = tools(outside);
      const draft = { ...DRAFT, application: 'bulk-app', mode: 'read', purposes: ['housing-management'] };
      const { id } = (await operator('/api/v1/grants', draft)).body.data;
      const page = await outside.ask('GET', `${THING_PATH}/rows?_limit=1`, { as: 'bulk-app' });
      t.equal(page.status, 200);
      t.equal((await outside.ask('GET', `/api/v1/grants/${id}`, { as: 'stranger-app' })).status, 404);
      t.equal((await outside.ask('POST', `/api/v1/grants/${id}/revoke`, { as: 'bulk-app' })).status, 403);
      const revoked = await outside.ask('POST', `/api/v1/grants/${id}/revoke`, { as: 'operator-app' });
      t.match([revoked.status, revoked.body.data.status], [200, 'revoked']);
      t.ok(revoked.headers['exchange-receipt']);
      t.equal((await outside.ask('GET', `${THING_PATH}/rows?_limit=1`, { as: 'bulk-app' })).status, 404);
      const conditional = { 'if-none-match': page.headers.etag! };
      const cached = await outside.ask('GET', `${THING_PATH}/rows?_limit=1`, { as: 'bulk-app', headers: conditional });
      t.equal(cached.status, 404, 'nor is a cached answer confirmed');
      const again = await outside.ask('POST', `/api/v1/grants/${id}/revoke`, { as: 'operator-app' });
      t.equal(again.status, 409);
    },
  ],
];
