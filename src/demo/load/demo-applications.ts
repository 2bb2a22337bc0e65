import type { RowScope } from '../../access/grants/grant.js';
import type { Application } from '../../access/identity/subject.js';
import type { Publisher } from '../../catalog/contract.js';
import { CONTRIBUTED, CONTRIBUTORS, type Contributor } from '../places/contributors.js';
import type { DemoGrant } from './demo-grant.js';
import { FINDINGS, QUALITY_GRANTS, VERIFYING } from './quality-grants.js';

export type { DemoGrant } from './demo-grant.js';

export interface DemoApplication {
  clientId: string;
  title: string;
  department: string;
  roles: Application['roles'];
  grants: readonly DemoGrant[];
}

/** 盛世康城, the pilot that `grid-app` serves. */
const PILOT = '370303104003';

const V1 = { major: 1, mode: 'read' } as const;
const GRID_SERVICE = {
  ...V1,
  purpose: 'grid-service',
  legalBasis:
    '《中华人民共和国城市居民委员会组织法》第三条；《中华人民共和国个人信息保护法》第三十四条；《政务数据共享条例》第二十一条',
  masks: 'default',
} as const;
const ASSISTANCE_REVIEW = {
  ...V1,
  purpose: 'social-assistance-review',
  legalBasis:
    '《社会救助暂行办法》（国务院令第649号）第五十八条；《中华人民共和国个人信息保护法》第三十四条；全区范围审核，逐户核对，依职责须用明文',
  masks: 'none',
  rows: { all: true },
} as const;
const ELDER_SERVICE = {
  ...V1,
  purpose: 'elder-service',
  legalBasis:
    '《中华人民共和国老年人权益保障法》第三十三条；《中华人民共和国个人信息保护法》第三十四条；全区津贴逐人核发、亡故停发，依职责须用明文',
  masks: 'none',
  rows: { all: true },
} as const;
const MIGRANT_SERVICE =
  '《居住证暂行条例》（国务院令第663号）第八条；《中华人民共和国个人信息保护法》第三十四条；《政务数据共享条例》第二十一条';
const HOUSING = {
  ...V1,
  purpose: 'housing-management',
  legalBasis:
    '《物业管理条例》（国务院令第379号）第五条；《政务数据共享条例》第二十一条；全区住房台账须用全部楼栋、房屋、网格和物业服务记录',
  masks: 'default',
  rows: { all: true },
} as const;

/** What grid workers of the pilot see beside its people: by community, and by the community's compounds. */
const IN_PILOT = [
  'grid-center/grid-worker',
  'grid-center/event',
  'grid-center/event-step',
  'grid-center/dwelling-household',
  'grid-center/organization',
  'grid-center/volunteer',
  'exchange/address',
] as const;
const OF_PILOT_COMPOUNDS = ['housing/repair-order', 'housing/complaint'] as const;
/** The housing authority's records beside buildings. */
const BOOKS = [
  'housing/compound',
  'housing/house',
  'natural-resources/house',
  'housing/lease',
  'housing/repair-order',
  'housing/complaint',
  'housing/fee-bill',
  'housing/device',
] as const;

const ofPilotCompounds: RowScope = { scope: [{ field: 'compound_code', prefix: [PILOT] }] };
const inPilot = (field: string): RowScope => ({ scope: [{ field, in: [PILOT] }] });

/** The applications that use data, and those that run and watch the exchange. */
const CONSUMERS: readonly DemoApplication[] = [
  { clientId: 'operator-app', title: '平台运维', department: 'exchange', roles: ['operator'], grants: [] },
  { clientId: 'auditor-app', title: '安全审计', department: 'audit-office', roles: ['auditor'], grants: [] },
  {
    clientId: 'grid-app',
    title: '网格通（盛世康城社区）',
    department: 'grid-center',
    roles: [],
    grants: [
      { ...GRID_SERVICE, dataset: 'police/resident', rows: inPilot('residence_division') },
      { ...GRID_SERVICE, dataset: 'police/household', rows: inPilot('division_code') },
      { ...GRID_SERVICE, dataset: 'housing/house', rows: inPilot('division_code') },
      { ...GRID_SERVICE, dataset: 'grid-center/grid', rows: inPilot('division_code') },
      ...IN_PILOT.map((dataset) => ({ ...GRID_SERVICE, dataset, rows: inPilot('division_code') })),
      ...OF_PILOT_COMPOUNDS.map((dataset) => ({ ...GRID_SERVICE, dataset, rows: ofPilotCompounds })),
      { ...GRID_SERVICE, dataset: 'grid-center/resident', rows: inPilot('residence_division') },
      {
        ...GRID_SERVICE,
        legalBasis: MIGRANT_SERVICE,
        dataset: 'police/migrant',
        rows: inPilot('residence_division'),
      },
    ],
  },
  {
    // Not grid-app: the list shows in clear what grid-app reads masked, and nobody may combine both.
    clientId: 'verify-app',
    title: '数据校核平台（盛世康城社区）',
    department: 'grid-center',
    roles: [],
    grants: [{ ...VERIFYING, rows: inPilot('division_code') }, FINDINGS],
  },
  {
    clientId: 'subsidy-app',
    title: '社会救助审核系统',
    department: 'civil-affairs',
    roles: [],
    grants: [
      { ...ASSISTANCE_REVIEW, dataset: 'police/resident' },
      { ...ASSISTANCE_REVIEW, dataset: 'civil-affairs/social-assistance' },
      { ...ASSISTANCE_REVIEW, dataset: 'civil-affairs/assistance-member' },
      { ...ASSISTANCE_REVIEW, dataset: 'civil-affairs/marriage' },
      { ...ASSISTANCE_REVIEW, dataset: 'disabled-federation/disability' },
      { ...ASSISTANCE_REVIEW, dataset: 'police/resident-check', requires: { case: true, operator: true } },
    ],
  },
  {
    clientId: 'elder-app',
    title: '高龄津贴核发系统',
    department: 'civil-affairs',
    roles: [],
    grants: [
      { ...ELDER_SERVICE, dataset: 'civil-affairs/elder-allowance' },
      { ...ELDER_SERVICE, dataset: 'civil-affairs/death' },
      { ...ELDER_SERVICE, dataset: 'police/resident' },
    ],
  },
  {
    clientId: 'bulk-app',
    title: '住房台账',
    department: 'housing',
    roles: [],
    grants: [
      { ...HOUSING, dataset: 'housing/building' },
      { ...HOUSING, dataset: 'grid-center/grid' },
      ...BOOKS.map((dataset) => ({ ...HOUSING, dataset })),
    ],
  },
  { clientId: 'stranger-app', title: '未授权应用', department: 'disabled-federation', roles: [], grants: [] },
];

/** Every application of the demo: one delivering application per publisher, then the others. */
export function demoApplications(
  publishers: Iterable<Publisher>,
  datasets: readonly { publisher: string; name: string; major: number }[],
): DemoApplication[] {
  const delivering = [...publishers].map(
    (publisher): DemoApplication => ({
      clientId: publisherApplication(publisher.slug),
      title: `${publisher.title.zh}数据归集`,
      department: publisher.slug,
      roles: ['publisher'],
      grants: [
        ...datasets.filter((dataset) => dataset.publisher === publisher.slug).map(deliverGrant),
        ...(publisher.slug === 'exchange' ? QUALITY_GRANTS : []),
      ],
    }),
  );
  return [...delivering, ...CONTRIBUTORS.map(contributing), ...CONSUMERS];
}

export function publisherApplication(slug: string): string {
  return `${slug}-publisher`;
}

/** A property company delivers only the rows of its own compounds. */
function contributing({ clientId, title, division }: Contributor): DemoApplication {
  const rows: RowScope = { scope: [{ field: 'compound_code', prefix: [division] }] };
  return {
    clientId,
    title,
    department: 'housing',
    roles: ['publisher'],
    grants: CONTRIBUTED.map((name) => ({ ...deliverGrant({ name, major: 1 }), rows })),
  };
}

function deliverGrant(dataset: { name: string; major: number }): DemoGrant {
  return {
    dataset: dataset.name,
    major: dataset.major,
    mode: 'deliver',
    purpose: 'publishing',
    legalBasis: '《政务数据共享条例》（国务院令第809号）第二十二条',
    rows: { all: true },
    masks: 'none',
  };
}
