import { PERSON_ROLES, type PersonRole } from './role.js';

const READS_ACCESS = ['listApplications', 'getApplication', 'listGrants', 'getGrant'];
const READS_UPSTREAMS = ['listUpstreams', 'getUpstream'];
const REGISTERS = [
  'draftContract',
  'checkUpstream',
  'discoverTables',
  'discoverColumns',
  'importCatalogForm',
  'checkCatalogForm',
];
const SECOND_PERSON = ['listPeople', 'confirmPerson', 'refusePerson'];
const READS_REQUESTS = ['listAccessRequests', 'getAccessRequest'];
const DEPARTMENT = [...READS_ACCESS, ...READS_UPSTREAMS, ...READS_REQUESTS];
const REQUESTS = [
  'draftAccessRequest',
  'changeAccessRequest',
  'returnAccessRequest',
  'submitAccessRequest',
  'acceptAccessRequest',
  'askSupplementAccessRequest',
  'stillMissingAccessRequest',
  'supplementAccessRequest',
  'withdrawAccessRequest',
  'askDisposalAccessRequest',
];
const DECIDES_REQUESTS = [
  'approveAccessRequest',
  'askExtensionAccessRequest',
  'agreeAccessRequest',
  'refuseAccessRequest',
  'suspendAccessRequest',
  'rectifyAccessRequest',
  'refuseRectificationAccessRequest',
  'resumeAccessRequest',
  'terminateAccessRequest',
  'confirmDisposalAccessRequest',
];

/**
 * Which operations (operationId of OpenAPI) a person may call: those of everyone who has signed in, and those of each role. Operations limit them
 * further, for example to the person's own department. A test holds this table equal to what the operations say of themselves. @internal
 */
export const OPERATIONS_OF: Readonly<Record<PersonRole | 'person', readonly string[]>> = {
  person: [
    'getOwnAccount',
    'listOwnSessions',
    'endOwnSessions',
    'listContracts',
    'getContract',
    'exportCatalogForm',
    'getStandard',
    'listEntities',
    'getEntity',
    'listElements',
    'listCodeLists',
    'getCodeList',
    'listCalendarYears',
    'getDueDate',
    'listTasks',
  ],
  'department-operator': [...DEPARTMENT, ...REGISTERS, ...REQUESTS],
  'department-manager': [...DEPARTMENT, ...SECOND_PERSON, ...REQUESTS, ...DECIDES_REQUESTS],
  'authority-reviewer': [
    ...DEPARTMENT,
    'changeCodeList',
    'approveUpstream',
    'withdrawUpstream',
    'importCalendarYear',
    'stopClockAccessRequest',
    'extendAccessRequest',
    'refuseExtensionAccessRequest',
    'suspendAccessRequest',
    'refuseRectificationAccessRequest',
    'resumeAccessRequest',
  ],
  'platform-operator': READS_UPSTREAMS,
  'community-worker': [],
  'security-administrator': [
    ...READS_ACCESS,
    ...SECOND_PERSON,
    'disableApplication',
    'proposePerson',
    'proposePeople',
    'proposeRoles',
    'proposeInvitation',
    'disablePerson',
  ],
  'system-administrator': READS_UPSTREAMS,
  'security-auditor': [
    ...DEPARTMENT,
    'listPeople',
    'getEntryBundle',
    'getAuditEntry',
    'getInclusionProof',
    'getConsistencyProof',
  ],
};

/** Operations of all the roles together, sorted. */
export function operationsOf(roles: readonly PersonRole[]): string[] {
  return [...new Set([...OPERATIONS_OF.person, ...roles.flatMap((role) => OPERATIONS_OF[role])])].sort();
}

/** The titles of roles, for a refusal. */
export function titlesOf(roles: readonly PersonRole[]): string {
  return roles.map((role) => `${PERSON_ROLES[role].zh} ${PERSON_ROLES[role].en}`).join(', ');
}
