import { randomUUID } from 'node:crypto';
import { PERSON_ROLES, type PersonRole } from '../../src/access/people/role.js';
import { renderOpenapi } from '../../src/rest/openapi/document.js';
import type { OpenapiOperation } from '../../src/rest/openapi/openapi-document.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';

/** Routes that the document leaves out, and why. */
const HIDDEN: readonly [RegExp, string][] = [
  [/^QUERY \/data\//, 'OpenAPI 3.1 has no such method: POST …/rows/query takes the same body'],
  [/^HEAD /, 'the GET without its body, unless it is an operation of its own'],
  [/^GET \/(style\.css|problems.*|standard.*)?$/, 'pages for people'],
  [/^(GET|POST) \/(sign-in|invitation)\//, 'pages for people'],
  [/^GET \/docs/, 'pages for people, and what they load'],
  [/^GET \/\*$/, 'how the tiles are printed: the document has their whole paths'],
  [/^(OPTIONS|GET|POST) \/(oauth2|\.well-known)\//, 'the authorization server refuses the other methods itself'],
];

const node = await testNode(t);
await node.register('nobody');
await node.register('operator', { department: 'exchange', roles: ['operator'] });
await node.register('auditor', { department: 'exchange', roles: ['auditor'] });
for (const role of Object.keys(PERSON_ROLES) as PersonRole[])
  await node.person(role, { department: 'exchange', roles: [role] });
const document = renderOpenapi(node.exchange.policy.current().catalog);
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** `METHOD /path/:name` of each route that the server has. */
function served(): Set<string> {
  const routes = new Set<string>();
  const open: string[] = [];
  for (const line of node.app.printRoutes({ commonPrefix: false }).trimEnd().split('\n')) {
    const [, indent, part, methods] = /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (indent === undefined || part === undefined) throw new Error(line);
    open.splice(indent.length / 4);
    open.push(part);
    for (const method of methods?.split(', ') ?? []) routes.add(`${method} ${open.join('')}`);
  }
  return routes;
}

/** The route of a path of the document: a dataset's is the route of all datasets, a tile's is a wildcard. */
function routeOf(path: string): string {
  return path
    .replace(/^\/data\/[^/]+\/[^/]+\/v\d+/, '/data/{publisher}/{dataset}/v{major}')
    .replace(/\{(tile|bundle)\}$/, '*')
    .replaceAll(/\{(\w+)\}/g, ':$1');
}

t.test('every route is in the document, and the reverse', async (t) => {
  const routes = served();
  const described = new Set(operations.map(({ method, path }) => `${method} ${routeOf(path)}`));
  const missing = [...routes].filter((route) => !described.has(route) && !HIDDEN.some(([what]) => what.test(route)));
  t.strictSame(missing, [], 'served, and not described');
  const has = (route: string) => {
    const [method = '', url = ''] = route.split(' ');
    return node.app.hasRoute({ method, url });
  };
  const unserved = [...described].filter((route) => !has(route));
  t.strictSame(unserved, [], 'described, and not served');
  for (const [what, why] of HIDDEN)
    t.ok(
      [...routes].some((route) => what.test(route)),
      `${what.source}: ${why}`,
    );
});

/** One operation of each route, with an address that a request can be sent to. */
function callable(): { method: string; url: string; who: readonly string[]; operation: OpenapiOperation }[] {
  const seen = new Set<string>();
  return operations.flatMap(({ method, path, operation }) => {
    const route = `${method} ${routeOf(path)}`;
    if (seen.has(route) || /^\/(oauth2|\.well-known|graphql)\//.test(path)) return [];
    seen.add(route);
    const url = path
      .replace('{tile}', '0/000')
      .replace('{bundle}', '000')
      .replace('{index}', '0')
      .replace('{major}', '1')
      .replaceAll(/\{(id|clientId|login|name|publisher|dataset)\}/g, (_, name) =>
        name === 'id' ? randomUUID() : name === 'login' ? 'li.na' : 'x',
      );
    return [{ method, url, who: operation['x-who'] as string[], operation }];
  });
}

/** Somebody who may call: an application where one may. */
function callerOf(who: readonly string[]): string {
  if (who.includes('auditor')) return 'auditor';
  if (who.includes('operator') || who.includes('application')) return 'operator';
  return who.find((role) => role in PERSON_ROLES) ?? 'community-worker';
}

const audienceOf = (url: string) => (url.startsWith('/data/') ? 'data' : 'platform');

t.test('who may call is what the document says', async (t) => {
  for (const { method, url, who } of callable()) {
    const unknown = await node.ask(method, url);
    t.equal(unknown.status === 401, !who.includes('anyone'), `${method} ${url} without a token: ${unknown.status}`);
    if (!who.some((role) => role === 'operator' || role === 'auditor')) continue;
    const refused = await node.ask(method, url, { as: 'nobody', audience: audienceOf(url) });
    t.equal(refused.status, 403, `${method} ${url} without the role`);
    t.match(refused.body, { code: 'forbidden' });
  }
});

t.test('a parameter that the document does not name is refused by name', async (t) => {
  for (const { method, url, who, operation } of callable()) {
    // Who may not read or deliver learns nothing of parameters: their tests are test/ingest and test/rest.
    if (who.includes('reader') || who.includes('deliverer') || method === 'HEAD') continue;
    const as = callerOf(who);
    const given = who.includes('anyone') ? {} : { as, audience: audienceOf(url) as 'data' | 'platform' };
    const parameters = (operation.parameters ?? []) as { name?: string; in?: string; required?: boolean }[];
    const [query, ...others] = parameters.filter((one) => one.in === 'query');
    const reply = await node.ask(method, `${url}?${query?.name ?? 'a'}x=1`, given);
    t.equal(reply.status, 400, `${method} ${url}: ${reply.text}`);
    const suggestion = query === undefined ? {} : { suggestion: query.name };
    t.match(reply.body, {
      code: 'unknown-parameter',
      errors: [{ parameter: `${query?.name ?? 'a'}x`, ...suggestion }],
    });
    if (query === undefined) continue;
    const twice = await node.ask(method, `${url}?${query.name}=1&${query.name}=1`, given);
    t.match(twice.body, { code: 'repeated-parameter', errors: [{ parameter: query.name }] }, `${method} ${url} twice`);
    const rest = others.flatMap(({ name, required }) => (required === true ? `&${name}=0` : [])).join('');
    const wrong = await node.ask(method, `${url}?${query.name}=%C3%A4${rest}`, given);
    t.match(wrong.body, { code: 'bad-value', errors: [{ parameter: query.name }] }, `${method} ${url} wrong`);
  }
});
