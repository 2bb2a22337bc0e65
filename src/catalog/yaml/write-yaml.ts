import { Document, isCollection, isMap, isPair, isScalar, isSeq } from 'yaml';

/** Characters up to which a map or list of plain values stays on one line. */
const LINE = 110;
const BOOLEANS: ReadonlySet<unknown> = new Set(['true', 'false']);

/**
 * A contract's document as YAML: every scalar is a string that reads back the same (`parse-yaml.ts`), the same document
 * gives the same bytes. `comments`: JSON Pointer → lines above that member.
 */
export function writeYaml(document: object, comments: ReadonlyMap<string, string> = new Map()): string {
  const yaml: Document = new Document(document, { version: '1.2', aliasDuplicateObjects: false });
  const { contents } = yaml;
  if (isCollection(contents)) dress(contents, '', comments);
  return yaml.toString({ lineWidth: 0, flowCollectionPadding: true, commentString });
}

function commentString(text: string): string {
  return text.replace(/^/gm, '# ').replace(/ +$/gm, '');
}

function dress(node: unknown, path: string, comments: ReadonlyMap<string, string>): void {
  if (!isCollection(node)) return;
  node.items.forEach((item, at) => {
    const key = isPair(item) && isScalar(item.key) ? item.key : undefined;
    const place = `${path}/${String(key?.value ?? at)
      .replaceAll('~', '~0')
      .replaceAll('/', '~1')}`;
    const comment = comments.get(place);
    if (key !== undefined && comment !== undefined) key.commentBefore = comment;
    // Without quotes, as people write them: `false` drops a field.
    if (isPair(item) && isScalar(item.value) && BOOLEANS.has(item.value.value))
      item.value.value = item.value.value === 'true';
    dress(isPair(item) ? item.value : item, place, comments);
  });
  const isShort = path !== '' && (isMap(node) || isSeq(node)) && JSON.stringify(node).length <= LINE;
  const isPlain = node.items.every(
    (item) => isScalar(isPair(item) ? item.value : item) || isFlow(isPair(item) && item.value),
  );
  if (isShort && isPlain && !hasComment(node)) node.flow = true;
}

function isFlow(node: unknown): boolean {
  return isCollection(node) && node.flow === true;
}

function hasComment(node: { items: readonly unknown[] }): boolean {
  return node.items.some((item) => isPair(item) && isScalar(item.key) && item.key.commentBefore);
}
