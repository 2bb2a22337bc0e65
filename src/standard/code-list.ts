export interface CodeTitle {
  zh: string;
  en?: string;
}

export interface Code {
  title: CodeTitle;
  /** Still valid in stored rows and in filters; refused in new deliveries. */
  retired: boolean;
}

/** The changes of one version of a list against the version before: codes, in list order. */
export interface ListVersion {
  version: number;
  /** RFC 3339. */
  since: string;
  note: string;
  /** The department that made the change. */
  department: string | null;
  added: readonly string[];
  retitled: readonly string[];
  retired: readonly string[];
  /** In force again. */
  revived: readonly string[];
  removed: readonly string[];
}

/** A code list in force: as shipped with the standard, or as the tenant last changed it. Immutable. */
export interface CodeList {
  name: string;
  title: CodeTitle;
  /** The standard that fixes its codes, such as `GB/T 3304`; undefined for a list whose codes the tenant chooses. */
  source?: string;
  /** 0 = as shipped. */
  version: number;
  codes: ReadonlyMap<string, Code>;
  /** The shipped codes; empty for a list that the tenant made. */
  shipped: ReadonlyMap<string, Code>;
  /** Newest last. */
  history: readonly ListVersion[];
}

/** A tenant's change of a list, as its policy record stores it: the whole list. */
export interface CodeListDocument {
  name: string;
  title: CodeTitle;
  codes: readonly { code: string; title: CodeTitle; retired?: boolean }[];
  note: string;
  since: string;
  department: string | null;
}

/** The list after a change. Shipped codes are never lost: contracts in the package map to them. */
export function changedList(before: CodeList | undefined, document: CodeListDocument, version: number): CodeList {
  const codes = new Map<string, Code>();
  for (const { code, title, retired } of document.codes) codes.set(code, { title, retired: retired === true });
  for (const [code, shipped] of before?.shipped ?? []) if (!codes.has(code)) codes.set(code, shipped);
  const { since, note, department } = document;
  const change = { version, since, note, department, ...differenceOf(before?.codes ?? new Map(), codes) };
  return {
    ...(before ?? { name: document.name, shipped: new Map() }),
    title: document.title,
    version,
    codes,
    history: [...(before?.history ?? []), change],
  };
}

/** The list without the tenant's changes; undefined where none of it ships. */
export function shippedList(list: CodeList | undefined): CodeList | undefined {
  if (list === undefined || list.shipped.size === 0) return undefined;
  return { ...list, version: 0, codes: list.shipped, history: [] };
}

type Difference = Pick<ListVersion, 'added' | 'retitled' | 'retired' | 'revived' | 'removed'>;

/** The changes that a report names; the order of the codes is not a change. */
export function differenceOf(before: ReadonlyMap<string, Code>, after: ReadonlyMap<string, Code>): Difference {
  const among = (changed: (now: Code, then: Code) => boolean) =>
    [...after].filter(([code, now]) => before.has(code) && changed(now, before.get(code)!)).map(([code]) => code);
  return {
    added: [...after.keys()].filter((code) => !before.has(code)),
    retitled: among(({ title }, then) => title.zh !== then.title.zh || title.en !== then.title.en),
    retired: among((now, then) => now.retired && !then.retired),
    revived: among((now, then) => !now.retired && then.retired),
    removed: [...before.keys()].filter((code) => !after.has(code)),
  };
}
