import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Caller } from '../../access/people/caller.js';
import { annotatedForm, checkForm, draftForm, emptyForm, exportForm } from '../../exchange/registering/catalog-form.js';
import { FORM_COLUMNS } from '../../ingest/form/form-columns.js';
import type { FormFault } from '../../ingest/form/read-form.js';
import { receive } from '../../ingest/receive/receive.js';
import { negotiate } from '../../platform/accept.js';
import { type Fault, Problem } from '../../platform/errors.js';
import { parseManifest } from '../deliveries/delivery-request.js';
import { WORKBOOK_TYPE } from '../deliveries/template-operations.js';
import { streamOf } from '../http/request.js';
import { json, type Operation, operation } from '../operation.js';
import {
  boolean,
  bytes,
  choice,
  closed,
  count,
  datasetName,
  list,
  open,
  orNull,
  slug,
  text,
  title,
} from '../shapes.js';
import { REGISTRARS } from './platform-call.js';

const PATH = '/api/v1/catalog/form';
const FORM_BYTES = 8 * 1024 * 1024;
const FILE = bytes(FORM_BYTES);
const JSON_TYPE = 'application/json';
/** The whole list is in the annotated form. */
const FAULTS_TOLD = 100;

const fault = closed({ sheet: text(40), cell: text(12), column: text(40), why: title });
const decisions = list(closed({ path: text(200), zh: text(500), en: text(500), basis: orNull(text(200)) }), 2_000);
const drafted = closed(
  {
    dataset: datasetName,
    code: text(40),
    state: choice(['new', 'changed', 'unchanged']),
    decisions,
    document: open(),
    yaml: text(1_000_000),
  },
  { $id: 'FormEntryDraft' },
);

/** 国家目录表: the catalog as the national form, out and in. */
export const formOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: PATH,
    id: 'exportCatalogForm',
    tag: 'catalog',
    who: ['application', 'person'],
    summary: 'The catalog as the national form 政务信息资源目录, with drop-downs',
    description:
      'One row a data item; the columns of an entry stand in its first row. The guide of 2017, and what article 13 of the regulations adds.',
    query: closed({
      publisher: Type.Optional(slug),
      empty: Type.Optional(Type.Boolean({ description: 'The form to fill in.' })),
    }),
    replies: { 200: { description: 'A workbook.', content: { [WORKBOOK_TYPE]: FILE } } },
    problems: [400],
    async handler({ exchange }, { reply, query }) {
      const { publisher, empty = false } = query();
      reply.header('content-disposition', 'attachment; filename="catalog-form.xlsx"').type(WORKBOOK_TYPE);
      return reply.send(empty ? await emptyForm(exchange) : await exportForm(exchange, publisher));
    },
  }),
  operation({
    method: 'POST',
    path: PATH,
    id: 'importCatalogForm',
    tag: 'catalog',
    who: REGISTRARS,
    summary: 'Entries of a filled form as contracts: published ones with what the form says, and new drafts',
    description: `For the department of the entries, and for operators. Nothing is published. With faults: 422, which names the first ${FAULTS_TOLD} by cell.`,
    streams: { [WORKBOOK_TYPE]: FILE },
    replies: { 200: json('What the form says.', closed({ data: list(drafted, 1_000) })) },
    problems: [400, 403, 413, 415, 422],
    async handler({ exchange }, { request, caller }) {
      const checked = await checkForm(exchange, bodyOf(request), departmentOf(caller));
      const { faults } = checked;
      if (faults.length > 0) {
        const detail = `The form has ${faults.length} faults; POST ${PATH}/check returns it with a comment in each faulty cell.`;
        throw new Problem('unprocessable', detail, { faults: faults.slice(0, FAULTS_TOLD).map(asFault) });
      }
      return { data: await draftForm(exchange, checked, request.subject.sub) };
    },
  }),
  operation({
    method: 'POST',
    path: `${PATH}/check`,
    id: 'checkCatalogForm',
    tag: 'catalog',
    who: REGISTRARS,
    summary: 'Check a filled form: its faults, or by Accept the form with a comment in every faulty cell',
    streams: { [WORKBOOK_TYPE]: FILE },
    replies: {
      200: {
        description: 'The faults.',
        content: {
          [JSON_TYPE]: closed({
            data: closed({ entries: count(), rows: count(), faults: list(fault, 1_000), more: boolean }),
          }),
          [WORKBOOK_TYPE]: FILE,
        },
      },
    },
    problems: [400, 403, 406, 413, 415, 422],
    async handler({ exchange }, { request, reply, caller }) {
      const checked = await checkForm(exchange, bodyOf(request), departmentOf(caller));
      reply.header('vary', 'accept');
      if (negotiate(request.headers.accept, [JSON_TYPE, WORKBOOK_TYPE]) === WORKBOOK_TYPE) {
        reply.header('content-disposition', 'attachment; filename="catalog-form-faults.xlsx"').type(WORKBOOK_TYPE);
        return reply.send(await annotatedForm(exchange, checked));
      }
      const { entries, form, faults } = checked;
      const told = faults
        .slice(0, 1_000)
        .map(({ sheet, cell, column, why }) => ({ sheet, cell, column: headingOf(column), why }));
      return {
        data: { entries: entries.length, rows: form.rows.length, faults: told, more: faults.length > told.length },
      };
    },
  }),
];

function bodyOf(request: FastifyRequest) {
  return receive(streamOf(request), parseManifest(request, FORM_BYTES));
}

/** Whose entries the caller may send; undefined for all. */
function departmentOf({ department, roles }: Caller): string | undefined {
  return roles.includes('operator') ? undefined : department;
}

function headingOf(column: FormFault['column']): string {
  return FORM_COLUMNS.get(column)?.heading ?? column;
}

function asFault({ sheet, cell, column, why }: FormFault): Fault {
  return { pointer: `/${sheet}/${cell}`, reason: `${headingOf(column)}：${why.zh} (${why.en})` };
}
