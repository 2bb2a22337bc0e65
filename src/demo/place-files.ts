import type { PublisherFile } from '../client/deliver-file.js';
import { ADDRESS_HEADINGS, addressRows } from './address-rows.js';
import {
  BUILDING_HEADINGS,
  buildingRows,
  COMPOUND_HEADINGS,
  compoundRows,
  HOUSE_HEADINGS,
  houseRows,
} from './housing-rows.js';
import { DIVISION_HEADINGS, divisionRows, GRID_HEADINGS, gridRows } from './place-rows.js';
import type { Plan } from './plan.js';
import { publisherFile } from './publisher-file.js';

/** The files that tell of places and of what stands there. */
export function* placeFiles(plan: Plan): Generator<PublisherFile> {
  const housing = { kind: 'csv' } as const;
  yield publisherFile('exchange/division', {
    name: '行政区划',
    headings: DIVISION_HEADINGS,
    kind: 'csv',
    rows: () => divisionRows(),
  });
  yield publisherFile('exchange/address', {
    name: '标准地址',
    headings: ADDRESS_HEADINGS,
    kind: 'csv',
    gzip: true,
    rows: () => addressRows(plan),
  });
  yield publisherFile('grid-center/grid', {
    name: '网格',
    headings: GRID_HEADINGS,
    kind: 'ndjson',
    rows: () => gridRows(plan),
  });
  yield publisherFile('housing/compound', {
    ...housing,
    name: '小区',
    headings: COMPOUND_HEADINGS,
    rows: () => compoundRows(plan),
  });
  yield publisherFile('housing/building', {
    ...housing,
    name: '楼栋',
    headings: BUILDING_HEADINGS,
    rows: () => buildingRows(plan),
  });
  yield publisherFile('housing/house', {
    ...housing,
    name: '房屋',
    headings: HOUSE_HEADINGS,
    gzip: true,
    rows: () => houseRows(plan),
  });
}
