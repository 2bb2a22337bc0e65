import { TILE_WIDTH } from './tree.js';

/** C2SP tlog-tiles: three digits an element, all but the last with an `x`: 1234067 → `x001/x234/067`. @internal */
export function tilePath(n: number): string {
  const elements = [String(n % 1000).padStart(3, '0')];
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    elements.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return elements.join('/');
}

export interface TileName {
  /** Undefined: a bundle of entries. */
  level: number | undefined;
  n: number;
  /** 256 for a full one. */
  width: number;
}

const NAME = /^(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Parses the part of a path after `tile/`. Undefined for any other spelling: each tile has one name. */
export function parseTileName(text: string): TileName | undefined {
  const match = NAME.exec(text);
  if (match === null) return undefined;
  const [, level, path = '', partial] = match;
  const n = Number(path.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (tilePath(n) !== path || (partial !== undefined && width >= TILE_WIDTH)) return undefined;
  return { level: level === 'entries' ? undefined : Number(level), n, width };
}
