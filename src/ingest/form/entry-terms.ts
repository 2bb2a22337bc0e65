import type { ContractDocument } from '../../catalog/contract-document.js';
import { parseDate } from '../../standard/calendar.js';
import { gradeIn, modesIn } from './check-entry.js';
import { type EntryCells, FORMAT_TYPE_OF, formatClass, NOTHING } from './contract-row.js';
import { CHANNELS, FORMAT_CLASSES, GRADES, keyFor, MODES, SHARING, UPDATES, YES } from './form-columns.js';

/** The terms of an entry; what the form does not carry (English texts, the legal basis) stays as it was. */
export function termsOf(cells: EntryCells, before: ContractDocument | undefined) {
  const attribute = attributeOf(cells);
  const [category = '', grade = ''] = gradeIn(cells.grade);
  // What the form does not show of these terms stays with its attribute.
  const isSame = before?.sharing.attribute === attribute;
  const { scope: _s, law: _l, ...others } = before?.sharing ?? { attribute };
  const { use: _u, modes: _m, ...sharing } = isSame ? before.sharing : others;
  const modes = cells.mode === '' ? undefined : modesIn(cells.mode).map((mode) => keyFor(MODES, mode) ?? mode);
  return {
    title: { en: cells.name, ...before?.title, zh: cells.name },
    summary: { en: cells.summary, ...before?.summary, zh: cells.summary },
    resource: resourceOf(cells, before?.resource ?? {}),
    classification: { category, grade: keyFor(GRADES, grade) ?? '' },
    sharing: {
      ...sharing,
      attribute,
      ...(modes === undefined ? {} : { modes }),
      ...(attribute === 'conditional' ? { scope: cells.condition } : {}),
      ...(attribute === 'none' ? { law: cells.condition } : {}),
      ...(cells.use === NOTHING ? {} : { use: cells.use }),
    },
    assessments: {
      secrecy: cells.secrecy,
      'personal-information': cells.personal,
      'approved-by': cells.approved,
    },
  };
}

function attributeOf({ sharing }: EntryCells): ContractDocument['sharing']['attribute'] {
  if (sharing === SHARING.unconditional) return 'unconditional';
  return sharing === SHARING.none ? 'none' : 'conditional';
}

function resourceOf(cells: EntryCells, before: Record<string, string>): Record<string, string> {
  const { format: was } = before;
  const format = was !== undefined && formatClass(was) === cells.formatClass ? was : formatOf(cells);
  const channel = keyFor(CHANNELS, cells.channel);
  const given: Record<string, string | undefined> = {
    code: cells.code,
    format,
    update: keyFor(UPDATES, cells.update),
    upstream: before.upstream,
    'format-type': cells.formatType === FORMAT_TYPE_OF[format] ? undefined : cells.formatType,
    channel: channel === 'platform' ? undefined : channel,
    open: cells.open === YES ? 'true' : undefined,
    'open-condition': cells.openCondition || undefined,
    issued: parseDate(cells.issued),
    related: cells.related || undefined,
  };
  const resource: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) resource[name] = value;
  return resource;
}

export function formatOf({ formatClass: of, formatType }: EntryCells): string {
  return formatType === 'shp' ? 'geodata' : (keyFor(FORMAT_CLASSES, of) ?? 'other');
}
