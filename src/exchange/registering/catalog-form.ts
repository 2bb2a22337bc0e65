import type { Catalog } from '../../catalog/catalog.js';
import { checkSchema } from '../../catalog/check/check-schema.js';
import type { Contract, Publisher } from '../../catalog/contract.js';
import { openDrafting } from '../../ingest/draft/draft-table.js';
import { checkEntry } from '../../ingest/form/check-entry.js';
import { entryOf, type FormEntry } from '../../ingest/form/contract-row.js';
import { draftEntry, type EntryDraft } from '../../ingest/form/draft-form.js';
import { FORM_COLUMNS } from '../../ingest/form/form-columns.js';
import { groupEntries, type MarkCell, type SentEntry } from '../../ingest/form/group-entries.js';
import { type FormFault, type ReadForm, readForm } from '../../ingest/form/read-form.js';
import { formSheet, writeForm } from '../../ingest/form/write-form.js';
import { Unreadable } from '../../ingest/readers/source.js';
import { spoolDirectory } from '../../ingest/readers/spool.js';
import type { Body } from '../../ingest/receive/receive.js';
import type { Cell } from '../../ingest/workbook/sheet.js';
import { writeWorkbook } from '../../ingest/workbook/write-workbook.js';
import { Problem } from '../../platform/errors.js';
import type { Exchange } from '../exchange.js';

/** Each new entry is drafted like a table. */
const NEW_AT_MOST = 100;
const FAULTS_AT_MOST = 10_000;

/** The published catalog as the national form, of one publisher or of all: the newest major of each dataset. */
export function exportForm({ policy, clock }: Exchange, publisher: string | undefined): Promise<Buffer> {
  const { catalog } = policy.current();
  const entries = [...newest(catalog).values()]
    .filter((contract) => publisher === undefined || contract.publisher === publisher)
    .map((contract) => formEntry(contract, catalog));
  return writeForm(entries, clock.now());
}

/** The empty form. */
export function emptyForm({ clock }: Exchange): Promise<Buffer> {
  return writeForm([], clock.now());
}

function formEntry(contract: Contract, { publishers }: Catalog): FormEntry {
  const read = checkSchema('contract', contract.document);
  const publisher = publishers.get(contract.publisher);
  if ('faults' in read || publisher === undefined) throw new Error(`${contract.id} is published and has faults.`);
  return entryOf(read.document, contract.fields.values(), publisher);
}

/** By resource code. */
function newest({ contracts }: Catalog): Map<string, Contract> {
  const found = new Map<string, Contract>();
  for (const contract of contracts.values()) {
    const { code = '' } = contract.resource;
    const other = found.get(code);
    if (other === undefined || other.major < contract.major) found.set(code, contract);
  }
  return found;
}

/** A form that was sent, with what is wrong in its cells. */
export interface CheckedForm {
  form: ReadForm;
  entries: readonly SentEntry[];
  faults: readonly FormFault[];
}

/**
 * Reads and checks a form. `department`: whose entries it may hold; undefined for all. The body is gone when this returns.
 * @throws Problem unprocessable where it is no form, too-large, bad-body
 */
export async function checkForm(exchange: Exchange, body: Body, department: string | undefined): Promise<CheckedForm> {
  const { config, clock } = exchange;
  const spool = { directory: spoolDirectory(config.dataDir), name: () => clock.uuid() };
  try {
    const form = await readForm(body.content(), spool, config.deliveryLimitBytes);
    const faults = [...form.faults];
    const said = new Set(faults.map(({ sheet, cell }) => `${sheet} ${cell}`));
    const fault: MarkCell = (row, column, why) => {
      const cell = form.cellAt(row, column);
      const place = `${row.sheet} ${cell}`;
      // One fault of a cell is enough to look at it, and a form of faults alone ends somewhere.
      if (said.has(place) || faults.length >= FAULTS_AT_MOST) return;
      said.add(place);
      faults.push({ sheet: row.sheet, row: row.row, column, cell, why });
    };
    const entries = groupEntries(form.rows, fault);
    checkEntries(entries, { catalog: exchange.policy.current().catalog, department, fault });
    return { form, entries, faults };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const faults = [{ pointer: '', reason: error.message }];
    throw new Problem('unprocessable', 'The form cannot be read', { faults, cause: error });
  }
}

interface CheckingAll {
  catalog: Catalog;
  department: string | undefined;
  fault: MarkCell;
}

function checkEntries(entries: readonly SentEntry[], { catalog, department, fault }: CheckingAll): void {
  const publishers = byCreditCode(catalog);
  const published = newest(catalog);
  const seen = new Set<string>();
  for (const entry of entries) {
    checkEntry(entry, { publishers, published: (code) => published.get(code), seen }, fault);
    const publisher = publishers.get(entry.cells.uscc);
    if (publisher !== undefined && department !== undefined && publisher.slug !== department) {
      fault(entry.first, 'uscc', { zh: '不是本部门的目录条目', en: 'is an entry of another department' });
    }
    seen.add(entry.cells.code);
  }
}

function byCreditCode({ publishers }: Catalog): Map<string, Publisher> {
  return new Map([...publishers.values()].map((publisher) => [publisher.uscc, publisher]));
}

/** The entries of a form without faults, as contracts. @throws Problem unprocessable (too many new ones), unavailable */
export function draftForm(exchange: Exchange, { entries }: CheckedForm, asker: string): Promise<EntryDraft[]> {
  return exchange.drafts.run(async () => {
    const { catalog } = exchange.policy.current();
    const publishers = byCreditCode(catalog);
    const published = newest(catalog);
    const fresh = entries.filter(({ cells }) => !published.has(cells.code)).length;
    if (fresh > NEW_AT_MOST) {
      throw new Problem('unprocessable', `The form has ${fresh} new entries: send ${NEW_AT_MOST} at a time.`);
    }
    const draftTable = await openDrafting({ standard: catalog.standard, contracts: catalog.contracts.values() });
    const names = new Set([...catalog.contracts.values()].map(({ name }) => name));
    const drafts: EntryDraft[] = [];
    for (const entry of entries) {
      const publisher = publishers.get(entry.cells.uscc);
      if (publisher === undefined) continue;
      const draft = await draftEntry(entry, {
        publisher,
        published: published.get(entry.cells.code),
        standard: catalog.standard,
        draftTable,
        isTaken: (name) => names.has(name),
      });
      names.add(draft.dataset);
      drafts.push(draft);
    }
    return drafts;
  }, asker);
}

/** The form as it was sent, with a comment in every faulty cell. */
export function annotatedForm({ clock }: Exchange, { form, faults }: CheckedForm): Promise<Buffer> {
  const comments = new Map<string, string[]>();
  for (const { sheet, cell, why } of faults) {
    const place = `${sheet} ${cell}`;
    comments.set(place, [...(comments.get(place) ?? []), `${cell} ${why.zh}\n${why.en}`]);
  }
  const rows = form.rows.map((row) =>
    [...FORM_COLUMNS.keys()].map((column): Cell => {
      const text = row.cells.get(column) ?? '';
      const said = comments.get(`${row.sheet} ${form.cellAt(row, column)}`);
      return said === undefined ? { text, style: 'text' } : { text, style: 'faulty', comment: said.join('\n') };
    }),
  );
  return writeWorkbook([formSheet(rows)], clock.now());
}
