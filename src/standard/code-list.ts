export interface CodeTitle {
  zh: string;
  en?: string;
}

export interface Code {
  title: CodeTitle;
  /** Still valid in stored rows and to filter by; refused in new deliveries. */
  retired: boolean;
}

/** What one version of a list changed against the one before: codes, in the order of the list. */
export interface ListVersion {
  version: number;
  /** RFC 3339. */
  since: string;
  note: string;
  /** On whose word. */
  department: string | null;
  added: readonly string[];
  retitled: readonly string[];
  retired: readonly string[];
  /** In force again. */
  revived: readonly string[];
  removed: readonly string[];
}

/** A code list in force: as it ships with the standard, or as the tenant last changed it. Immutable. */
export interface CodeList {
  name: string;
  title: CodeTitle;
  /** The standard that fixes its codes, such as `GB/T 3304`; undefined for a list whose codes are the tenant's to choose. */
  source?: string;
  /** 0 as it ships. */
  version: number;
  codes: ReadonlyMap<string, Code>;
  /** As it comes with the standard; empty for a list that the tenant made. */
  shipped: ReadonlyMap<string, Code>;
  /** Newest last. */
  history: readonly ListVersion[];
}

/** A tenant's change of a list as its policy record keeps it: the whole list. */
export interface CodeListDocument {
  name: string;
  title: CodeTitle;
  codes: readonly { code: string; title: CodeTitle; retired?: boolean }[];
  note: string;
  since: string;
  department: string | null;
}

/** The list after a change. Codes that ship with the standard are never lost: what a contract of the package maps to is always there. */
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

/** The list without what the tenant changed; undefined where nothing of it ships. */
export function shippedList(list: CodeList | undefined): CodeList | undefined {
  if (list === undefined || list.shipped.size === 0) return undefined;
  return { ...list, version: 0, codes: list.shipped, history: [] };
}

type Difference = Pick<ListVersion, 'added' | 'retitled' | 'retired' | 'revived' | 'removed'>;

/** What a person is told has changed; the order of the codes is not told. */
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
