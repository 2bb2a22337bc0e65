import type { PublisherFile } from '../../client/deliver-file.js';
import { eventRows, stepRows } from '../grid/event-rows.js';
import { dwellingRows, volunteerRows, workerRows } from '../grid/grid-people-rows.js';
import { ledgerRows } from '../grid/ledger-rows.js';
import { assistanceMemberRows, assistanceRows } from '../people/civil-affairs-rows.js';
import { deathRows } from '../people/death-rows.js';
import { disabilityRows } from '../people/disability-rows.js';
import { elderRows } from '../people/elder-rows.js';
import { marriageRows } from '../people/marriage-rows.js';
import { migrantRows } from '../people/migrant-rows.js';
import { householdRows, residentRows } from '../people/police-rows.js';
import { addressRows } from '../places/address-rows.js';
import { partsOf } from '../places/contributors.js';
import { feeRows } from '../places/fee-rows.js';
import { buildingRows, compoundRows, houseRows } from '../places/housing-rows.js';
import { leaseRows } from '../places/lease-rows.js';
import { divisionRows, gridRows } from '../places/place-rows.js';
import { type PopulationPlan, planPopulation, type Unit } from '../places/plan.js';
import { ownershipRows, registerRows } from '../places/property-rows.js';
import { complaintRows, repairRows } from '../places/repair-rows.js';
import { demoContract } from './demo-contracts.js';
import { type Format, publisherFile } from './publisher-file.js';
import type { StandardRow } from './standard-row.js';

interface Whole {
  format: Format;
  rows(plan: PopulationPlan): Iterable<StandardRow>;
}

/** One file per property company that delivers for itself; the authority delivers for the others. */
interface InParts {
  partRows(plan: PopulationPlan, units: ReadonlySet<Unit>): Iterable<StandardRow>;
}

const csv = (name: string, rows: Whole['rows'], more: Partial<Format> = {}): Whole => ({
  format: { name, ...more },
  rows,
});
const json = (name: string, rows: Whole['rows']) => csv(name, rows, { kind: 'ndjson' });
const police = (name: string, rows: Whole['rows']) => csv(name, rows, { encoding: 'gb18030', dates: 'compact' });

/** In the order of references. */
const FILES: Readonly<Record<string, Whole | InParts>> = {
  'exchange/division': csv('行政区划', divisionRows),
  'exchange/address': csv('标准地址', addressRows, { gzip: true }),
  'grid-center/grid': json('网格', gridRows),
  'housing/compound': csv('小区', compoundRows),
  'housing/building': csv('楼栋', buildingRows),
  'housing/house': csv('房屋', houseRows, { gzip: true }),
  'police/household': police('HJH', householdRows),
  'police/resident': police('HJRK', residentRows),
  'police/migrant': police('LDRK', migrantRows),
  'civil-affairs/social-assistance': json('救助家庭', assistanceRows),
  'civil-affairs/assistance-member': json('救助家庭成员', assistanceMemberRows),
  'civil-affairs/elder-allowance': json('高龄津贴', elderRows),
  'civil-affairs/death': json('死亡火化', deathRows),
  'civil-affairs/marriage': json('婚姻登记', marriageRows),
  'disabled-federation/disability': csv('持证残疾人', disabilityRows),
  'grid-center/resident': csv('实有人口台账', ledgerRows, { encoding: 'gb18030', gzip: true, dates: 'slashes' }),
  'natural-resources/house': csv('楼盘表', registerRows),
  'natural-resources/ownership': csv('不动产权利', ownershipRows),
  'housing/lease': csv('租赁备案', leaseRows),
  'housing/complaint': csv('物业投诉', complaintRows),
  'housing/repair-order': { partRows: repairRows },
  'housing/fee-bill': { partRows: feeRows },
  'grid-center/dwelling-household': csv('住户', dwellingRows),
  'grid-center/grid-worker': csv('网格员', workerRows),
  'grid-center/volunteer': csv('志愿者', volunteerRows),
  'grid-center/event': csv('网格事件', eventRows),
  'grid-center/event-step': csv('事件流转', stepRows),
};

/** Every file of the demo. Same people and seed: same bytes. Throws RangeError for an unsupported number of people. */
export async function publisherFiles({ people, seed }: { people: number; seed: number }): Promise<PublisherFile[]> {
  const plan = planPopulation(people, seed);
  const files: PublisherFile[] = [];
  for (const [dataset, file] of Object.entries(FILES)) {
    const content = { contract: await demoContract(dataset), seed };
    if ('rows' in file) {
      files.push(publisherFile({ ...content, rows: () => file.rows(plan) }, file.format));
      continue;
    }
    for (const { units, contributor, name } of partsOf(plan)) {
      const mode = contributor === undefined ? 'delta' : undefined;
      const format: Format = { name, contributor: contributor?.clientId, mode };
      files.push(publisherFile({ ...content, rows: () => file.partRows(plan, units) }, format));
    }
  }
  return files;
}
