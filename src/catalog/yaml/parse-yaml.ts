import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { isTooDeep } from '../../platform/json/nesting.js';
import { pointerParts } from '../../platform/json-pointer.js';
import type { CatalogFault } from '../check/fault.js';

const MOST_ALIASES = 50;

export interface ParsedYaml {
  value: unknown;
  lineOf(path: string): number | undefined;
}

/** YAML in the failsafe schema: every scalar stays the string that was written (`1.10`, `01`, `no`). */
export function parseYaml(text: string): ParsedYaml | { faults: CatalogFault[] } {
  try {
    return read(text);
  } catch (error) {
    // The parser recurses and counts aliases: it throws on too much nesting or repetition.
    return {
      faults: [{ path: '', reason: error instanceof RangeError ? 'The nesting is too deep' : 'It cannot be read' }],
    };
  }
}

function read(text: string): ParsedYaml | { faults: CatalogFault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) {
    const faults = wrong.map((error) => ({ line: lines.linePos(error.pos[0]).line, path: '', reason: error.message }));
    return { faults };
  }
  const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
  if (isTooDeep(value)) throw new RangeError();
  return {
    value,
    lineOf: (path) => {
      const offset = offsetOf(document.contents, pointerParts(path));
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

/** Offset of the named node: its key in a mapping, else itself, else the nearest ancestor that has an offset. */
function offsetOf(root: unknown, parts: readonly string[]): number | undefined {
  let node = root;
  let offset = startOf(root);
  for (const part of parts) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
    if (isAlias(node)) return offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node.range?.[0] ?? undefined) : undefined;
}
