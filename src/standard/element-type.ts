import type { FieldType } from './type.js';

/**
 * Reads a type as written in `elements.csv`: `text:64`, `decimal:10,2`, `code`, `identifier:uscc`, `list:code`, `identifier:resident-id or text:30`.
 * `list` is the code list of a `code`.
 * `A or text:N` is an identifier whose checksum applies only where the row's `id_kind` is a resident identity card; other documents are text of up to
 * N characters. Returns undefined where the text is no type.
 */
export function parseElementType(text: string, list?: string): FieldType | undefined {
  const either = /^identifier:(resident-id|uscc) or text:([1-9][0-9]{0,3})$/.exec(text);
  if (either) {
    return { name: 'identifier', scheme: scheme(either[1]), length: Number(either[2]), kindField: 'id_kind' };
  }
  if (text.startsWith('list:')) {
    const of = parseElementType(text.slice('list:'.length), list);
    return of === undefined || of.name === 'list' ? undefined : { name: 'list', of };
  }
  return parseScalar(text, list);
}

function parseScalar(text: string, list: string | undefined): FieldType | undefined {
  const match = /^([a-z]+)(?::([a-z0-9,-]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, name, parameter] = match;
  switch (name) {
    case 'text':
      return parameter !== undefined && /^[1-9][0-9]{0,4}$/.test(parameter)
        ? { name, length: Number(parameter) }
        : undefined;
    case 'decimal':
      return parseDecimal(parameter);
    case 'identifier':
      return parameter === 'resident-id' || parameter === 'uscc' ? { name, scheme: scheme(parameter) } : undefined;
    case 'code':
      return parameter === undefined && list !== undefined ? { name, list } : undefined;
    case 'integer':
    case 'boolean':
    case 'date':
    case 'month':
    case 'datetime':
    case 'point':
    case 'geometry':
      return parameter === undefined ? { name } : undefined;
    default:
      return undefined;
  }
}

function parseDecimal(parameter: string | undefined): FieldType | undefined {
  const match = /^([1-9][0-9]?),([0-9]{1,2})$/.exec(parameter ?? '');
  if (match === null) return undefined;
  const precision = Number(match[1]);
  const scale = Number(match[2]);
  return scale <= precision ? { name: 'decimal', precision, scale } : undefined;
}

function scheme(text: string | undefined): 'resident-id' | 'uscc' {
  return text === 'uscc' ? 'uscc' : 'resident-id';
}
