import type { PublisherFile } from '../client/deliver-file.js';
import { partsOf } from './contributors.js';
import { FEE_HEADINGS, feeRows } from './fee-rows.js';
import { LEASE_HEADINGS, leaseRows } from './lease-rows.js';
import type { Plan, Unit } from './plan.js';
import { OWNERSHIP_HEADINGS, ownershipRows, REGISTER_HEADINGS, registerRows } from './property-rows.js';
import { publisherFile } from './publisher-file.js';
import { COMPLAINT_HEADINGS, complaintRows, REPAIR_HEADINGS, repairRows } from './repair-rows.js';
import type { Row } from './row.js';

type Rows = (plan: Plan) => Iterable<Row>;

/** The files that tell of houses as property: owned, let, managed. */
export function* propertyFiles(plan: Plan): Generator<PublisherFile> {
  const files: [string, string, readonly string[], Rows][] = [
    ['natural-resources/house', '楼盘表', REGISTER_HEADINGS, registerRows],
    ['natural-resources/ownership', '不动产权利', OWNERSHIP_HEADINGS, ownershipRows],
    ['housing/lease', '租赁备案', LEASE_HEADINGS, leaseRows],
    ['housing/complaint', '物业投诉', COMPLAINT_HEADINGS, complaintRows],
  ];
  for (const [dataset, name, headings, rows] of files) {
    yield publisherFile(dataset, { name, headings, kind: 'csv', rows: () => rows(plan) });
  }
  yield* contributedFiles(plan, 'housing/repair-order', REPAIR_HEADINGS, repairRows);
  yield* contributedFiles(plan, 'housing/fee-bill', FEE_HEADINGS, feeRows);
}

/** One file for each property company that delivers for itself; the authority adds what the others sent it. */
function* contributedFiles(
  plan: Plan,
  dataset: string,
  headings: readonly string[],
  rows: (plan: Plan, units: ReadonlySet<Unit>) => Iterable<Row>,
): Generator<PublisherFile> {
  for (const { units, contributor, name } of partsOf(plan)) {
    yield publisherFile(dataset, {
      name,
      headings,
      kind: 'csv',
      contributor: contributor?.clientId,
      mode: contributor === undefined ? 'delta' : undefined,
      rows: () => rows(plan, units),
    });
  }
}
