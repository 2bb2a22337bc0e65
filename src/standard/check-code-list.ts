import type { Fault } from '../platform/errors.js';
import type { CodeList, CodeTitle } from './code-list.js';

/** A code list that somebody asks for, valid by `schemas/code-list.schema.json`. */
export interface CodeListDraft {
  /** For lists that the tenant makes; shipped lists keep their title. */
  title?: CodeTitle;
  codes: readonly { code: string; title: CodeTitle; retired?: boolean }[];
  /** The reason, for readers of the history. */
  note: string;
  /** The version that the draft was made from; another version in force is a conflict. */
  basedOn?: number;
}

/** Names of lists that a tenant makes. Shipped lists may be named after their standard. */
const LIST_NAME = /^[a-z][a-z0-9-]{0,61}$/;

/**
 * Checks whether a list may become as drafted. A list that a standard (GB, GA) fixes only accepts additions. Our shipped codes may be retitled and
 * retired, never removed. Use of the tenant's own codes is not checked here.
 */
export function checkCodeList(name: string, draft: CodeListDraft, before: CodeList | undefined): Fault[] {
  const faults = [...nameFaults(name, draft, before), ...repeated(draft)];
  for (const [i, { code, title, retired }] of draft.codes.entries()) {
    const shipped = before?.source === undefined ? undefined : before.shipped.get(code);
    if (shipped === undefined) continue;
    const fixed = `${code} is fixed by ${before!.source}`;
    if (title.zh !== shipped.title.zh) {
      faults.push({ pointer: `/codes/${i}/title/zh`, reason: fixed, expected: shipped.title.zh });
    }
    if (retired === true) faults.push({ pointer: `/codes/${i}/retired`, reason: fixed, expected: 'in force' });
  }
  const given = new Set(draft.codes.map(({ code }) => code));
  for (const code of before?.shipped.keys() ?? []) {
    if (given.has(code)) continue;
    const { source } = before!;
    const reason = `${code} is left out, and ${source === undefined ? 'ships with the standard' : `is fixed by ${source}`}`;
    faults.push({ pointer: '/codes', reason, expected: source === undefined ? 'retired, not left out' : 'as it is' });
  }
  return faults;
}

function nameFaults(name: string, { title }: CodeListDraft, before: CodeList | undefined): Fault[] {
  if (before === undefined) {
    return [
      ...(LIST_NAME.test(name)
        ? []
        : [{ parameter: 'name', reason: 'not a name for a list', expected: LIST_NAME.source }]),
      ...(title === undefined ? [{ pointer: '/title', reason: 'a new list needs its title' }] : []),
    ];
  }
  const fixed = before.shipped.size > 0 && title !== undefined;
  if (!fixed || (title.zh === before.title.zh && title.en === before.title.en)) return [];
  return [{ pointer: '/title', reason: 'the list ships with the standard and keeps its title' }];
}

function repeated({ codes }: CodeListDraft): Fault[] {
  const seen = new Set<string>();
  return codes.flatMap(({ code }, i) => {
    const again = seen.has(code);
    seen.add(code);
    return again ? [{ pointer: `/codes/${i}/code`, reason: `${code} appears twice here` }] : [];
  });
}
