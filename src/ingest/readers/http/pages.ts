import type { Paging } from '../../../catalog/source-terms.js';
import { Problem } from '../../../platform/errors.js';
import { atPointer } from '../../../platform/json-pointer.js';
import type { Api } from './api.js';

export interface PagesOf {
  api: Api;
  /** Of the first page, below the upstream's prefix already. */
  path: string;
  /** What every next link must begin with. */
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

/** An interface that never ends is one that goes in circles. */
const PAGES_AT_MOST = 100_000;
/** Any base will do: only path and query of what is resolved against it count, and that it is still there. */
const BASE = 'http://upstream.invalid';

/**
 * Pages in their order, each asked for when the one before has been taken. @throws Problem upstream-failed where a reply is no page, or the pages go
 * in circles or elsewhere
 */
export async function* pagesOf(of: PagesOf): AsyncGenerator<Page> {
  const seen = new Set<string>();
  let path: string | undefined = firstPath(of);
  for (let taken = 0; path !== undefined; ) {
    if (seen.has(path) || seen.size >= PAGES_AT_MOST) throw failed('its pages go in circles');
    seen.add(path);
    of.stillApproved();
    const { value, bytes } = await of.api.call({ path });
    const rows = atPointer(value, of.rows);
    if (!Array.isArray(rows)) throw failed(`no list of rows stands at ${of.rows === '' ? 'its top' : of.rows}`);
    taken += rows.length;
    path = nextPath(of, { path, value, rows: rows.length, taken });
    yield { rows, bytes };
  }
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
  /** Of this page. */
  rows: number;
  /** Of all pages so far. */
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
 * A next link leads on within the same interface and nowhere else (access.md, outbound): a link with a host must name no other than a relative one
 * would, which is told apart here by what URL makes of both.
 */
function linkedPath(link: string, from: string, prefix: string): string {
  const url = URL.canParse(link, BASE + from) ? new URL(link, BASE + from) : undefined;
  if (url === undefined || url.origin !== BASE) throw failed('its next link leads to another place');
  if (url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`)) {
    throw failed('its next link leads out of what was approved');
  }
  return url.pathname + url.search;
}

function withParameter(path: string, name: string, value: string): string {
  const url = new URL(path, BASE);
  url.searchParams.set(name, value);
  return url.pathname + url.search;
}

function failed(what: string): Problem {
  return new Problem('upstream-failed', `The interface does not answer as the contract says: ${what}.`);
}
