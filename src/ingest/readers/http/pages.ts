import { hash } from 'node:crypto';
import type { Paging } from '../../../catalog/source-terms.js';
import { isBelow } from '../../../catalog/upstream-path.js';
import { Problem } from '../../../platform/errors.js';
import { atPointer } from '../../../platform/json-pointer.js';
import type { Api } from './api.js';

export interface PagesOf {
  api: Api;
  /** Path of the first page, below the upstream's prefix. */
  path: string;
  /** Required prefix of every next link. */
  prefix: string;
  /** JSON Pointer to the rows of a page. */
  rows: string;
  paging: Paging | undefined;
  /** Throws once the upstream is withdrawn. */
  stillApproved(): void;
}

export interface Page {
  rows: readonly unknown[];
  bytes: Buffer;
}

/** An API with more pages than this probably loops. */
const PAGES_AT_MOST = 100_000;
/** Pages in a row that are empty, or bring the rows of an earlier page again. A filter by the interface can leave some empty. */
const NOTHING_NEW_AT_MOST = 20;
/** The longest address of a request, in characters: a hostile cursor or link must not fill memory. */
const PATH_AT_MOST = 8_192;
/** Any base works: only the path and query of the result count, and whether the base is still there. */
const BASE = 'http://upstream.invalid';

/**
 * Pages in order; each is requested when the caller has taken the previous one. @throws Problem upstream-failed where a
 * reply is no page, or the pages loop or leave the API
 */
export async function* pagesOf(of: PagesOf): AsyncGenerator<Page> {
  const asked = new Set<string>();
  const brought = new Set<string>();
  let nothingNew = 0;
  let path: string | undefined = firstPath(of);
  for (let taken = 0; path !== undefined; ) {
    if (path.length > PATH_AT_MOST) throw failed('the address of its next page is too long');
    if (!isNew(asked, path) || asked.size > PAGES_AT_MOST) throw failed('its pages go in circles');
    of.stillApproved();
    const { value, bytes } = await of.api.call({ path });
    const rows = atPointer(value, of.rows);
    if (!Array.isArray(rows)) throw failed(`no list of rows stands at ${of.rows === '' ? 'its top' : of.rows}`);
    taken += rows.length;
    path = nextPath(of, { path, value, rows: rows.length, taken });
    if (path !== undefined) {
      nothingNew = isNews(brought, rows) ? 0 : nothingNew + 1;
      if (nothingNew > NOTHING_NEW_AT_MOST) throw failed('its pages bring nothing new');
    }
    yield { rows, bytes };
  }
}

/** Whether it was not in the set, where it is afterwards, as a digest: texts of any length take the same room. */
function isNew(seen: Set<string>, text: string): boolean {
  const before = seen.size;
  return seen.add(hash('sha256', text, 'base64')).size > before;
}

function isNews(brought: Set<string>, rows: readonly unknown[]): boolean {
  return rows.length > 0 && isNew(brought, JSON.stringify(rows));
}

function firstPath({ path, paging }: PagesOf): string {
  if (paging?.by !== 'offset') return path;
  const size = paging['size-parameter'];
  const sized = size === undefined ? path : withParameter(path, size, String(paging.size));
  return withParameter(sized, paging.parameter, '0');
}

interface Taken {
  path: string;
  value: unknown;
  /** Rows of this page. */
  rows: number;
  /** Rows of all pages so far. */
  taken: number;
}

function nextPath({ paging, prefix }: PagesOf, { path, value, rows, taken }: Taken): string | undefined {
  switch (paging?.by) {
    case undefined:
      return undefined;
    case 'offset':
      return rows < paging.size ? undefined : withParameter(path, paging.parameter, String(taken));
    case 'cursor': {
      const cursor = atPointer(value, paging.at);
      if (cursor === undefined || cursor === null || cursor === '') return undefined;
      if (typeof cursor !== 'string' && typeof cursor !== 'number')
        throw failed('its cursor is neither text nor number');
      return withParameter(path, paging.parameter, String(cursor));
    }
    case 'next-link': {
      const link = atPointer(value, paging.at);
      if (link === undefined || link === null || link === '') return undefined;
      if (typeof link !== 'string') throw failed('its next link is not a text');
      return linkedPath(link, path, prefix);
    }
  }
}

/**
 * A next link must stay within the same API (access.md, outbound). A link with a host must name the same host as a
 * relative link would; URL resolves both to check this.
 */
function linkedPath(link: string, from: string, prefix: string): string {
  const url = URL.canParse(link, BASE + from) ? new URL(link, BASE + from) : undefined;
  if (url === undefined || url.origin !== BASE) throw failed('its next link leads to another place');
  const path = url.pathname + url.search;
  if (!isBelow(path, prefix)) throw failed('its next link leads out of what was approved');
  return path;
}

function withParameter(path: string, name: string, value: string): string {
  const url = new URL(path, BASE);
  url.searchParams.set(name, value);
  return url.pathname + url.search;
}

function failed(what: string): Problem {
  return new Problem('upstream-failed', `The interface does not answer as the contract says: ${what}.`);
}
