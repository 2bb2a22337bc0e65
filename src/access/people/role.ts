/** What a person does for a department. Three of them watch each other (三权分立): no person has two of those. */
export const PERSON_ROLES = {
  'department-operator': { zh: '部门操作员', en: 'department operator' },
  'department-manager': { zh: '部门管理员', en: 'department manager' },
  'authority-reviewer': { zh: '主管部门审核员', en: 'reviewer of the authority' },
  'platform-operator': { zh: '平台运维', en: 'platform operator' },
  'community-worker': { zh: '社区工作者', en: 'community worker' },
  'security-administrator': { zh: '安全管理员', en: 'security administrator' },
  'system-administrator': { zh: '系统管理员', en: 'system administrator' },
  'security-auditor': { zh: '安全审计员', en: 'security auditor' },
} as const;

export type PersonRole = keyof typeof PERSON_ROLES;

export const isPersonRole = (role: string): role is PersonRole => Object.hasOwn(PERSON_ROLES, role);

/** A person with one of these has no other role, so that nobody reviews their own work. */
const APART: ReadonlySet<PersonRole> = new Set(['security-administrator', 'system-administrator', 'security-auditor']);

/** Whether one person may have all of these roles at once. */
export function mayCombine(roles: readonly PersonRole[]): boolean {
  return roles.length === 1 || (roles.length > 1 && !roles.some((role) => APART.has(role)));
}
