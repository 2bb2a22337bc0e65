import type { Value } from '../../standard/type.js';

/** The values of a statement at run time. A plan holds only binders, never a caller's value. */
export interface Binding {
  /** Operands of the condition's leaves, in order of appearance. */
  operands: readonly (Value | readonly Value[])[];
  /** Asia/Shanghai, `YYYY-MM-DD`: decides who is a child today. */
  today: string;
  /** Rows to fetch, one more than will leave. */
  fetch: number;
  /** The page starts after this position. */
  after: { sort: string | null; rowId: string } | undefined;
  /** lookup: the requested row numbers. */
  rowIds: readonly string[];
  /** For a proxied dataset: its rows as records of the table, a JSON array. */
  live?: string;
}

type Binder = (binding: Binding) => unknown;

/** Collects the parameters of a statement; equal names share one `$n`. */
export interface Parameters {
  add(binder: Binder, name?: string): string;
  binders: readonly Binder[];
}

export function parameters(): Parameters {
  const binders: Binder[] = [];
  const named = new Map<string, string>();
  return {
    binders,
    add(binder, name) {
      const known = name === undefined ? undefined : named.get(name);
      if (known !== undefined) return known;
      binders.push(binder);
      const placeholder = `$${binders.length}`;
      if (name !== undefined) named.set(name, placeholder);
      return placeholder;
    },
  };
}
