import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pointerTo } from '../platform/json-pointer.js';
import type { CatalogFault } from './check/fault.js';
import { parseYaml } from './yaml/parse-yaml.js';

/** One document in the folder of a catalog. */
export interface LoadedDocument {
  /** Relative to the folder, with slashes. */
  file: string;
  /** Pointer to the document inside its file: '' except for the items of publishers.yaml and purposes.yaml. */
  base: string;
  document: unknown;
  /** Line (from 1) of the place that a JSON Pointer names, or of its nearest ancestor. */
  lineOf(path: string): number | undefined;
}

export interface LoadedCatalog {
  contracts: LoadedDocument[];
  publishers: LoadedDocument[];
  purposes: LoadedDocument[];
  /** Faults of files that could not be read. */
  faults: CatalogFault[];
}

const LARGEST_BYTES = 512 * 1024;
const CONTRACT_FILE = /^[a-z0-9-]+\/[a-z0-9-]+\.v[1-9][0-9]*\.yaml$/;

/**
 * Reads the folder of a catalog: `publishers.yaml`, `purposes.yaml` (lists) and `<publisher>/<dataset>.v<major>.yaml`. Never throws because of a
 * file's content; an unreadable folder throws the system's error.
 */
export async function loadCatalog(directory: string): Promise<LoadedCatalog> {
  const loaded: LoadedCatalog = { contracts: [], publishers: [], purposes: [], faults: [] };
  for (const file of await yamlFiles(directory)) {
    if (file === 'publishers.yaml' || file === 'purposes.yaml') {
      const list = await loadList(directory, file, loaded.faults);
      loaded[file === 'publishers.yaml' ? 'publishers' : 'purposes'].push(...list);
    } else if (CONTRACT_FILE.test(file)) {
      const document = await loadFile(directory, file, loaded.faults);
      if (document !== undefined) loaded.contracts.push(document);
    } else {
      const expected = 'publishers.yaml, purposes.yaml or <publisher>/<dataset>.v<major>.yaml';
      loaded.faults.push({ file, path: '', reason: 'The catalog has no place for this file', expected });
    }
  }
  return loaded;
}

/** YAML files of the folder and its first level, in order. */
async function yamlFiles(directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isFile()) files.push(entry.name);
    if (!entry.isDirectory()) continue;
    const inner = await readdir(join(directory, entry.name), { withFileTypes: true });
    files.push(...inner.filter((file) => file.isFile()).map((file) => `${entry.name}/${file.name}`));
  }
  return files.filter((file) => /\.ya?ml$/.test(file)).sort();
}

async function loadFile(directory: string, file: string, faults: CatalogFault[]): Promise<LoadedDocument | undefined> {
  const path = join(directory, file);
  if ((await stat(path)).size > LARGEST_BYTES) {
    faults.push({ file, path: '', reason: 'The file is too large', expected: `at most ${LARGEST_BYTES} bytes` });
    return undefined;
  }
  const parsed = parseYaml(await readFile(path, 'utf8'));
  if ('faults' in parsed) {
    faults.push(...parsed.faults.map((fault) => ({ file, ...fault })));
    return undefined;
  }
  return { file, base: '', document: parsed.value, lineOf: parsed.lineOf };
}

async function loadList(directory: string, file: string, faults: CatalogFault[]): Promise<LoadedDocument[]> {
  const loaded = await loadFile(directory, file, faults);
  if (loaded === undefined) return [];
  if (!Array.isArray(loaded.document)) {
    faults.push({ file, line: 1, path: '', reason: 'The form is wrong', expected: 'a list' });
    return [];
  }
  return loaded.document.map((document: unknown, i) => {
    const base = pointerTo([i]);
    return { file, base, document, lineOf: (path) => loaded.lineOf(base + path) };
  });
}
