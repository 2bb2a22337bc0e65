import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import { command } from '../cli/command.js';
import type { Part } from './outside.js';
import { THING_PATH } from './thing.js';

/** The reference is right: replies match its schemas, and the command line does what it says. */
export const reference: Part = [
  [
    'openapi.json and openapi.yaml are one document, and replies match it',
    async (t, outside) => {
      const { body: document } = await outside.ask('GET', '/openapi.json', { as: null });
      t.match(document.openapi, /^3\.1/);
      t.same(parse((await outside.ask('GET', '/openapi.yaml', { as: null })).text), document);
      const ajv = new Ajv2020({ strict: false });
      formats.default(ajv);
      ajv.addSchema(document, 'api');
      const pointer = (path: string) => path.replaceAll('~', '~0').replaceAll('/', '~1');
      for (const [method, path, url, body, as] of [
        ['get', '/data/police/resident/v1/rows', '?_limit=5&_expand=household.house', undefined, 'grid-app'],
        ['post', '/data/police/resident/v1/rows/query', '', { limit: 2, count: 'exact' }, 'subsidy-app'],
        ['post', '/data/grid-center/grid/v1/rows/lookup', '', { keys: ['370303104003001', 'x'] }, 'grid-app'],
        ['get', '/data/police/resident/v1', '', undefined, 'grid-app'],
        ['get', `${THING_PATH}/rows`, '?_limit=50', undefined, 'grid-app'],
        ['get', '/api/v1/grants', '', undefined, 'grid-app'],
        ['get', '/api/v1/applications', '', undefined, 'operator-app'],
        ['get', '/api/v1/catalog', '', undefined, 'grid-app'],
        ['get', '/data/police/resident/v1/rows', '?_limit=0', undefined, 'grid-app'],
      ] as const) {
        const reply = await outside.ask(method.toUpperCase(), path + url, { as, body });
        const operation = document.paths[path]?.[method];
        t.ok(operation?.operationId, `${method} ${path} is described`);
        const described = operation.responses[reply.status];
        const type = Object.keys(described.content ?? {})[0];
        const ref = described.$ref
          ? { $ref: `api${described.$ref}/content/application~1problem+json/schema` }
          : {
              $ref: `api#/paths/${pointer(path)}/${method}/responses/${reply.status}/content/${pointer(type!)}/schema`,
            };
        const valid = ajv.compile(ref);
        t.ok(valid(reply.body), `${method} ${path}${url}: ${JSON.stringify(valid.errors?.slice(0, 2))}`);
      }
      const one = await outside.ask('GET', `${THING_PATH}/openapi.json`);
      t.ok(one.body.paths[`${THING_PATH}/rows`], 'one dataset alone');
      t.notOk(one.body.paths['/data/police/resident/v1/rows']);
      const names = document.paths['/data/police/resident/v1/rows'].get.parameters.map((p: any) => p.name ?? p.$ref);
      t.ok(names.includes('gender') && names.includes('gender.in'), 'each field × operator is a parameter');
    },
  ],
  [
    'the command line',
    async (t, outside) => {
      const at = ['--data-dir', outside.dataDir];
      const token = await command(t, 'token', 'grid-app', ...at);
      t.equal(token.code, 0, token.stderr);
      const headers = { authorization: `Bearer ${token.stdout.trim()}` };
      const page = await outside.ask('GET', '/data/police/resident/v1/rows?_limit=1', { as: null, headers });
      t.equal(page.status, 200, 'its token opens the door');
      t.equal((await command(t, 'token', 'nobody', ...at)).code, 2);

      const exported = join(outside.dataDir, 'export');
      const made = await command(t, 'audit', 'export', exported, ...at);
      t.equal(made.code, 0, made.stderr);
      t.ok(existsSync(join(exported, 'checkpoint')) && existsSync(join(exported, 'tile')));
      const vkey = (await outside.ask('GET', '/audit/v1/vkey', { as: null })).text.trim();
      t.equal((await command(t, 'audit', 'verify', exported, '--vkey', vkey)).code, 0);
      const checkpoint = readFileSync(join(exported, 'checkpoint'), 'utf8');
      writeFileSync(join(exported, 'checkpoint'), checkpoint.replace(/\n(\d+)\n/, '\n1$1\n'));
      t.not((await command(t, 'audit', 'verify', exported, '--vkey', vkey)).code, 0, 'a changed checkpoint');

      const index = /index=(\d+)/.exec(page.headers['exchange-receipt']!)![1]!;
      const [proof, body] = [join(outside.dataDir, 'proof'), join(outside.dataDir, 'body')];
      writeFileSync(body, page.text);
      t.equal((await command(t, 'audit', 'proof', index, '-o', proof, '--as', 'grid-app', ...at)).code, 0);
      const verify = [
        'audit',
        'verify',
        '--receipt',
        page.headers['exchange-receipt']!,
        '--proof',
        proof,
        '--vkey',
        vkey,
      ];
      t.equal((await command(t, ...verify, '--body', body)).code, 0, 'a receipt, offline');
      writeFileSync(body, `${page.text} `);
      t.equal((await command(t, ...verify, '--body', body)).code, 1, 'of another answer');

      t.equal((await command(t, 'catalog', 'check')).code, 0);
      const config = await command(t, 'config', 'print', '--json');
      t.equal(config.code, 0);
      t.ok(JSON.parse(config.stdout));
      const live = await command(t, 'openapi', '--live', '--json', ...at);
      t.ok(JSON.parse(live.stdout).paths[`${THING_PATH}/rows`], 'of the running server');
      t.equal((await command(t, 'token', 'grid-app', '--data-dir', '/nowhere')).code, 3);
      t.equal((await command(t, 'nonsense')).code, 2);
    },
  ],
];
