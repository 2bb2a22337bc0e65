import type { Title } from '../../catalog/contract.js';
import type { Entity } from '../../standard/entity.js';
import { isComparable } from '../../standard/type.js';
import type { KeyDraft } from './catalog-draft.js';
import type { DraftedColumn } from './draft-columns.js';
import type { TableProfile } from './look/table-profile.js';
import type { TableMatch } from './match-elements.js';

const KEYS_AT_MOST = 5;

/** The columns of every candidate key of the entity that has more than one element, for the rows to be watched. */
export function candidateGroups({ entity, columns }: TableMatch): readonly (readonly number[])[] {
  return (entity?.candidateKeys ?? []).flatMap((names) => {
    const found = names.map((name) =>
      columns.findIndex((match) => match?.named.entity === entity && match?.named.element.name === name),
    );
    return names.length > 1 && !found.includes(-1) ? [found] : [];
  });
}

/** Keys that the rows bear out, the likeliest first: those of the standard, then single columns without a value twice. */
export function draftKeys(
  table: Pick<TableProfile, 'rows' | 'complete' | 'isUnique'>,
  { columns, entity }: { columns: readonly DraftedColumn[]; entity: Entity | undefined },
): KeyDraft[] {
  const position = (name: string) => columns.findIndex(({ column }) => column.field === name);
  const ofStandard = (entity?.candidateKeys ?? []).flatMap((names) => {
    const at = names.map(position);
    const isHeld = !at.includes(-1) && table.isUnique(at) === true;
    return isHeld ? [{ fields: names, certainty: table.complete ? 0.95 : 0.85, reasons: [said(table, true)] }] : [];
  });
  const stated = new Set(ofStandard.filter(({ fields }) => fields.length === 1).map(({ fields }) => fields[0]));
  const single = columns.flatMap(({ column, element }, at): KeyDraft[] => {
    const isHeld = table.rows > 1 && table.isUnique([at]) === true && !stated.has(column.field);
    if (!isHeld || (element !== undefined && !isComparable(element.type))) return [];
    return [{ fields: [column.field], certainty: likelihood(column.field), reasons: [said(table, false)] }];
  });
  single.sort((a, b) => b.certainty - a.certainty);
  return [...ofStandard, ...single].slice(0, KEYS_AT_MOST);
}

/** A number or a code is made to be a key; a name or an address is unique by chance. */
function likelihood(field: string): number {
  if (/(_no|_id|_number|_code|^code|^id|uscc)$/.test(field)) return 0.6;
  return /(name|address|phone|title|content|description|point|boundary)/.test(field) ? 0.1 : 0.3;
}

function said({ rows, complete }: Pick<TableProfile, 'rows' | 'complete'>, isStandard: boolean): Title {
  const of = complete
    ? { zh: `全部 ${rows} 行`, en: `all ${rows} rows` }
    : { zh: `前 ${rows} 行`, en: `the first ${rows} rows` };
  const as = isStandard ? { zh: '标准规定的主键，', en: 'The key of the standard; ' } : { zh: '', en: '' };
  return { zh: `${as.zh}${of.zh}中不重复、不为空`, en: `${as.en}no value twice and none missing in ${of.en}` };
}
