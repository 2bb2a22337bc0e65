import type { Contract } from '../../src/catalog/contract.js';
import type { Reply, TestNode } from '../support/node.js';
import { type BodyAsk, bodyOf, urlOf, whereOf } from './ask.js';

/** One page of one ask, from either door: rows in order, or the code of the refusal. */
export type Page =
  | { code: string }
  | { rows: Record<string, unknown>[]; hasMore: boolean; count: unknown; cursor: string | null };

export type Door = (dataset: string, ask: BodyAsk, cursor?: string) => Promise<Page | undefined>;

export interface Doors {
  get: Door;
  post: Door;
  query: Door;
  graphql: Door;
  byId(dataset: string, ask: BodyAsk, id: string): Promise<{ rest: unknown; graphql: unknown }>;
  /** Keys as REST takes them; GraphQL gets the first. */
  byKey(dataset: string, ask: BodyAsk, keys: readonly unknown[][]): Promise<{ rest: Reply; graphql: unknown }>;
}

export interface Asker {
  node: TestNode;
  as: string;
  contract(dataset: string): Contract;
  /** Fields that GraphQL selects where REST returns every granted one. */
  granted(dataset: string): readonly string[];
}

const camel = (text: string) => text.replace(/(^|[-_])([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
const under = (text: string) => text.replaceAll('-', '_');

export function doors(asker: Asker): Doors {
  const { node, as, contract } = asker;
  const path = (dataset: string) => `/data/${dataset}/v1/rows`;
  const rest = async (asking: Promise<Reply>): Promise<Page> => pageOf(await asking);
  const graphql = async (query: string, variables: Record<string, unknown>) => {
    const headers = { accept: 'application/graphql-response+json' };
    const { body } = await node.ask('POST', '/graphql/v1', { as, headers, body: { query, variables } });
    return body;
  };
  const one = async (dataset: string, ask: BodyAsk, key: Record<string, unknown>): Promise<unknown> => {
    const [publisher, name] = dataset.split('/') as [string, string];
    const names = Object.keys(key);
    const given = names.map((field) => `$${field}: ${field === '_id' ? 'ID' : 'String'}`).join(', ');
    const query = `query (${given}) { ${under(publisher)} { ${under(name)}(${names.map((field) => `${field}: $${field}`).join(', ')}) { ${selection(asker, dataset, ask)} } } }`;
    const body = await graphql(query, key);
    return body.data?.[under(publisher)][under(name)] ?? codeOf(body) ?? null;
  };
  return {
    async get(dataset, ask, cursor) {
      const url = urlOf(ask, (field) => isPersonal(asker, dataset, field), cursor);
      return url === undefined ? undefined : rest(node.ask('GET', `${path(dataset)}?${url}`, { as }));
    },
    post: (dataset, ask, cursor) => rest(node.ask('POST', `${path(dataset)}/query`, { as, body: bodyOf(ask, cursor) })),
    query: (dataset, ask, cursor) => rest(node.ask('QUERY', path(dataset), { as, body: bodyOf(ask, cursor) })),
    async graphql(dataset, ask, cursor) {
      const [publisher, name] = dataset.split('/') as [string, string];
      const document = `query ($where: ${camel(publisher)}${camel(name)}Where, $sort: [String!], $first: Int, $after: String) { ${under(publisher)} { ${under(name)}_list(where: $where, sort: $sort, first: $first, after: $after) { nodes { ${selection(asker, dataset, ask)} } pageInfo { hasNextPage endCursor } ${ask.count === 'none' ? '' : 'totalCount'} } } }`;
      const body = await graphql(document, {
        ...(ask.where === undefined ? {} : { where: whereOf(ask.where) }),
        ...(ask.sort === undefined ? {} : { sort: [ask.sort] }),
        ...(cursor === undefined ? {} : { after: cursor }),
        first: ask.limit,
      });
      const list = body.data?.[under(publisher)]?.[`${under(name)}_list`];
      if (list === undefined || list === null) return { code: codeOf(body) ?? 'nothing' };
      const { hasNextPage, endCursor } = list.pageInfo;
      return { rows: list.nodes, hasMore: hasNextPage, count: list.totalCount ?? null, cursor: endCursor };
    },
    async byId(dataset, ask, id) {
      const asked = [
        ...(ask.select === undefined ? [] : [`_select=${ask.select.join(',')}`]),
        ...(ask.expand.length === 0 ? [] : [`_expand=${ask.expand.join(',')}`]),
      ];
      const { body } = await node.ask('GET', `${path(dataset)}/${id}?${asked.join('&')}`, { as });
      return { rest: body.data ?? body.code, graphql: await one(dataset, ask, { _id: id }) };
    },
    async byKey(dataset, ask, keys) {
      const { key } = contract(dataset);
      const body = {
        keys: keys.map((values) => (values.length === 1 ? values[0] : values)),
        expand: ask.expand,
        ...(ask.select === undefined ? {} : { select: ask.select }),
      };
      const named = Object.fromEntries(key.map((name, i) => [name, keys[0]![i]]));
      return {
        rest: await node.ask('POST', `${path(dataset)}/lookup`, { as, body }),
        graphql: await one(dataset, ask, named),
      };
    },
  };
}

function pageOf({ body }: Reply): Page {
  if (body.data === undefined) return { code: body.code };
  const { has_more, count, next_cursor } = body.page;
  return { rows: body.data, hasMore: has_more, count, cursor: next_cursor };
}

function codeOf(body: { errors?: { extensions: { problem: string } }[] }): string | undefined {
  return body.errors?.[0]?.extensions.problem;
}

/** The fields of a row and of its relations, as REST returns them. */
function selection(asker: Asker, dataset: string, ask: Pick<BodyAsk, 'select' | 'expand'>): string {
  const fields = ask.select ?? asker.granted(dataset);
  const relations = [...new Set(ask.expand.map((path) => path.split('.')[0]!))].map((name) => {
    const target = asker
      .contract(dataset)
      .relations.get(name)!
      .to.replace(/\/v\d+$/, '');
    const below = ask.expand.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
    return `${name} { ${selection(asker, target, { expand: below })} }`;
  });
  return ['_id', ...fields.filter((name) => name !== '_id'), ...relations].join(' ');
}

function isPersonal(asker: Asker, dataset: string, path: string): boolean {
  const [first, second] = path.split('.') as [string, string | undefined];
  const at =
    second === undefined
      ? dataset
      : asker
          .contract(dataset)
          .relations.get(first)!
          .to.replace(/\/v\d+$/, '');
  return ['L3', 'L4'].includes(asker.contract(at).fields.get(second ?? first)!.sensitivity);
}
