import { compoundsOf, gridsOf, layOut } from './dwellings.js';
import { chiefOf, managerOf } from './managers.js';
import type { Plan } from './plan.js';
import type { Row } from './row.js';

/** 住房和物业: Chinese headings; what the property companies and villages filled in, put together by the authority. */
export const COMPOUND_HEADINGS = [
  '小区编码',
  '小区名称',
  '所属社区编码',
  '楼栋数',
  '住户数',
  '物业企业信用代码',
  '物业企业名称',
  '合同起始',
  '合同截止',
  '物业费标准',
];
export const BUILDING_HEADINGS = [
  '楼栋编码',
  '小区编码',
  '楼栋名称',
  '层数',
  '单元数',
  '户数',
  '楼栋长',
  '楼栋长电话',
  '所属社区编码',
  '网格编码',
  '坐标',
];
export const HOUSE_HEADINGS = [
  '房屋编码',
  '不动产单元号',
  '楼栋编码',
  '单元',
  '室号',
  '建筑面积',
  '用途',
  '所属社区编码',
  '网格编码',
];

export function* compoundRows(plan: Plan): Generator<Row> {
  for (const unit of plan.units) {
    const manager = managerOf(unit);
    for (const compound of compoundsOf(unit)) {
      let buildings = 0;
      let households = 0;
      for (let number = compound.firstGrid; number <= compound.lastGrid; number++) {
        const grid = plan.grid(unit, number);
        buildings += layOut(grid).buildings;
        households += grid.households;
      }
      yield [
        compound.code,
        compound.name,
        unit.division.code,
        buildings,
        households,
        manager.uscc,
        manager.name,
        manager.contractFrom,
        manager.contractUntil,
        manager.feePerM2,
      ];
    }
  }
}

export function* buildingRows(plan: Plan): Generator<Row> {
  for (const grid of gridsOf(plan)) {
    const layout = layOut(grid);
    for (let i = 0; i < layout.buildings; i++) {
      const building = layout.building(i);
      const chief = building.compoundCode === undefined ? undefined : chiefOf(plan, building.code);
      yield [
        building.code,
        building.compoundCode,
        building.name,
        building.floors,
        building.compoundCode === undefined ? undefined : building.entrances,
        building.dwellings,
        chief?.name,
        chief?.phone,
        grid.unit.division.code,
        grid.code,
        building.point.join(','),
      ];
    }
  }
}

export function* houseRows(plan: Plan): Generator<Row> {
  for (const grid of gridsOf(plan)) {
    const layout = layOut(grid);
    for (let i = 0; i < layout.dwellings; i++) {
      const house = layout.dwelling(i);
      yield [
        house.houseCode,
        house.realEstateUnitNo,
        house.buildingCode,
        house.unit,
        house.room,
        house.areaM2,
        '住宅',
        grid.unit.division.code,
        grid.code,
      ];
    }
  }
}
