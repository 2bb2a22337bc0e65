import { itemAt } from '../../platform/known.js';
/** A small deterministic generator (sfc32): the seed alone determines the population, on any machine. */
export interface Random {
  /** [0, 1) */
  real(): number;
  /** Whole number in [0, below). */
  below(limit: number): number;
  /** True with probability p. */
  chance(p: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** One stream per (seed, name). Streams are independent, so a grid needs no earlier grid. */
export function randomOf(seed: number, name: string): Random {
  let a = hash(`${name}#a`, seed);
  let b = hash(`${name}#b`, seed);
  let c = hash(`${name}#c`, seed);
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return {
    real: next,
    below: (limit) => Math.floor(next() * limit),
    chance: (p) => next() < p,
    pick: (items) => itemAt(items, Math.floor(next() * items.length)),
  };
}

/** FNV-1a over the name, mixed with the seed. */
function hash(name: string, seed: number): number {
  let h = (2166136261 ^ seed) | 0;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 16777619);
  h = Math.imul(h ^ (h >>> 16), 2246822507);
  return (h ^ (h >>> 13)) | 0;
}

/** A picker of weighted items: `[['王', 10], ['李', 9]]`. */
export function weighted<T>(table: readonly (readonly [T, number])[]): (random: Random) => T {
  let total = 0;
  const items = table.map(([item]) => item);
  const edges = Float64Array.from(table, ([, weight]) => {
    total += weight;
    return total;
  });
  return (random) => {
    const at = random.real() * total;
    let i = 0;
    while (at >= itemAt(edges, i)) i++;
    return itemAt(items, i);
  };
}
