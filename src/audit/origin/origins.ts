import type { Queryable } from '../tree/stored-tree.js';

/** One history of the log. A log that lost entries goes on under a new origin, which begins with the entries in common. */
export interface Origin {
  /** 1: the first. */
  number: number;
  /** Entries that it has in common with the origins before: the index of its `origin.began`. */
  common: number;
  /** It goes on from entries that are not those which the machine that began it had signed. */
  another?: boolean;
}

const FIRST: Origin = { number: 1, common: 0 };

/** Every origin of the log, in order, from the hashed bytes of their entries. */
export async function readOrigins(database: Queryable): Promise<Origin[]> {
  const text = `SELECT index, bytes FROM audit.entry WHERE event = 'origin.began' ORDER BY index`;
  const { rows } = await database.query<{ index: string; bytes: Buffer }>(text);
  const began = rows.flatMap(({ index, bytes }) => {
    const { event, detail } = JSON.parse(bytes.toString()) as {
      event: string;
      detail?: { origin?: { number: number; another: boolean } };
    };
    if (event !== 'origin.began' || detail?.origin === undefined) return [];
    const { number, another } = detail.origin;
    return [{ number, common: Number(index), another }];
  });
  return [FIRST, ...began];
}

/** The origin under which the log goes on. */
export async function readOrigin(database: Queryable): Promise<Origin> {
  return (await readOrigins(database)).at(-1) ?? FIRST;
}

/** First line of its checkpoints. */
export function originName(base: string, { number }: Pick<Origin, 'number'>): string {
  return number === 1 ? base : `${base}/${number}`;
}

/** The first origin's name, of any that `originName` gave. */
export function baseOf(name: string): string {
  return name.replace(/\/\d+$/, '');
}

/** The number in a name that `originName` gave. */
export function originNumber(name: string): number {
  return Number(/\/(\d+)$/.exec(name)?.[1] ?? 1);
}
