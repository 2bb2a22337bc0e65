import { withDigits } from './chinese-number.js';

/** Optional suffixes of a number: 3号楼 = 3#楼 = 3幢. A direction may follow: 3号楼东. */
const AFTER = {
  building: /(?:[号號#]?[楼樓幢栋棟座]|[号號#])(?=[东西南北]*$)/u,
  unit: /(?:单元|單元|门洞|[门門])(?=[东西南北]*$)/u,
  room: /(?:[号號#]?[室房户戶]|[号號#])(?=[东西南北]*$)/u,
};
const BEFORE = /^(?:第(?=.)|NO\.?(?=\d))/u;
const NORMAL = /^[\p{Script=Han}0-9A-Z]+$/u;
/** For a house without entrances. */
const NO_UNIT = '0';

/** `3号楼`, `3#楼`, `三号楼`, `叁号楼`, `３幢` → `3`; `A座` → `A`; `东3号楼` → `东3`. Undefined where it is ambiguous. */
export const normalBuilding = (text: string): string | undefined => normal(text, AFTER.building);

/** `1单元`, `一单元`, `01` → `1`; `东单元` → `东`; nothing or 0 → `0`. @internal */
export function normalUnit(text: string | null): string | undefined {
  return text === null || text.trim() === '' ? NO_UNIT : normal(text, AFTER.unit);
}

/** `0201室`, `201`, `二〇一` → `201`. @internal */
export const normalRoom = (text: string): string | undefined => normal(text, AFTER.room);

function normal(text: string, after: RegExp): string | undefined {
  let plain = text.normalize('NFKC').replace(/\s+/gu, '').toUpperCase().replaceAll('東', '东');
  // Repeats until nothing changes, so that a normal form stays as it is.
  for (let before = ''; before !== plain; ) {
    before = plain;
    plain = plain.replace(BEFORE, '').replace(after, '');
  }
  const digits = withDigits(plain)?.replace(/(?<!\d)0+(?=\d)/gu, '');
  return digits !== undefined && NORMAL.test(digits) ? digits : undefined;
}

/** `{building}-{unit}-{room}`, or undefined where a part has no normal form. */
export function houseCode(building: string, unit: string | null, room: string): string | undefined {
  const [unitPart, roomPart] = [normalUnit(unit), normalRoom(room)];
  return unitPart === undefined || roomPart === undefined ? undefined : `${building}-${unitPart}-${roomPart}`;
}

/** Parts of a house code as sent: three begin with the building's code, four with compound and building. */
export interface SentParts {
  compound: string | undefined;
  building: string;
  unit: string;
  room: string;
}

export function partsOf(code: string): SentParts | undefined {
  const [room, unit, building, compound, ...more] = code.normalize('NFKC').replace(/\s+/gu, '').split('-').reverse();
  return room && unit && building && compound !== '' && more.length === 0
    ? { compound, building, unit, room }
    : undefined;
}

/** The building's code in a house code of normal form. */
export function buildingOf(code: string): string | undefined {
  return /^([^-]+)-[^-]+-[^-]+$/u.exec(code)?.[1];
}
