import type { PopulationPlan, Unit } from './plan.js';
import { managerOf } from './property-companies.js';

/** A property company that delivers for itself (填报单位): the rows of its own compounds, by its own application. */
export interface Contributor {
  clientId: string;
  /** The community whose compounds it manages; a compound's code begins with it. */
  division: string;
  title: string;
}

/** The compounds of the two pilots and of the old town; the authority delivers for other companies. */
export const CONTRIBUTORS: readonly Contributor[] = [
  { clientId: 'shengshi-property', division: '370303104003', title: '盛世康城物业数据填报' },
  { clientId: 'nanyuan-property', division: '370303104002', title: '南苑绿洲物业数据填报' },
  { clientId: 'chengzhong-property', division: '370303004004', title: '城中物业数据填报' },
];

/** Datasets that they deliver, each its own part by `compound_code`. */
export const CONTRIBUTED: readonly string[] = ['housing/repair-order', 'housing/fee-bill'];

/** One part of a contributed dataset: its units, and its deliverer. */
export interface ContributorPart {
  units: ReadonlySet<Unit>;
  /** Undefined: the authority's own application, for all other companies. */
  contributor: Contributor | undefined;
  /** Used in the file's name. */
  name: string;
}

/** Units without compounds have no part; a small demo has no others. */
export function partsOf(plan: PopulationPlan): ContributorPart[] {
  const urban = plan.units.filter((unit) => unit.urban);
  const own = CONTRIBUTORS.flatMap((contributor): ContributorPart[] => {
    const unit = urban.find(({ division }) => division.code === contributor.division);
    return unit === undefined ? [] : [{ units: new Set([unit]), contributor, name: managerOf(unit).name }];
  });
  const others = urban.filter(({ division }) => CONTRIBUTORS.every((known) => known.division !== division.code));
  return others.length === 0 ? own : [...own, { units: new Set(others), contributor: undefined, name: '其他物业企业' }];
}
