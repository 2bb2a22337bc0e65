import Type from 'typebox';
import { Problem } from '../../platform/errors.js';
import type { PagePlace } from '../../workflow/access-request/list-requests.js';
import { boolean, closed, integer, orNull, pattern } from '../shapes.js';

const CURSOR = '^[A-Za-z0-9_-]{8,120}$';

/** The controls of a list in pages. */
export const paging = {
  limit: Type.Optional(integer(1, 200, { description: 'Default 50.' })),
  cursor: Type.Optional(pattern(CURSOR, 120, { description: '`nextCursor` of the page before.' })),
};

export const platformPage = closed(
  { nextCursor: orNull(pattern(CURSOR, 120)), hasMore: boolean },
  { $id: 'PlatformPage' },
);

const PLACE = /^([0-9T:.Z-]{10,24}) ([0-9a-f-]{36})$/;

/** Throws Problem `bad-cursor` for a cursor that no page gave. It carries no authority: each page is decided anew. */
export function listingOf({ limit = 50, cursor }: { limit?: number; cursor?: string }): {
  limit: number;
  after?: PagePlace;
} {
  if (cursor === undefined) return { limit };
  const [, key, id] = PLACE.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (key === undefined || id === undefined || Number.isNaN(Date.parse(key))) {
    const faults = [
      { parameter: 'cursor', reason: 'not a cursor of a page', expected: 'nextCursor of the page before' },
    ];
    throw new Problem('bad-cursor', undefined, { faults });
  }
  return { limit, after: { key, id } };
}

export function pageInfoOf(next: PagePlace | undefined): { nextCursor: string | null; hasMore: boolean } {
  const nextCursor = next === undefined ? null : Buffer.from(`${next.key} ${next.id}`).toString('base64url');
  return { nextCursor, hasMore: next !== undefined };
}
