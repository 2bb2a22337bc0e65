import { hkdfSync } from 'node:crypto';
import type { Person } from '../../access/people/person.js';
import type { PersonRole } from '../../access/people/role.js';
import { changePolicy } from '../../access/policy/change-policy.js';
import { writeCredential } from '../../access/sign-in/credential.js';
import { hashPassword } from '../../access/sign-in/password.js';
import { signInSecrets } from '../../access/sign-in/secrets.js';
import type { DemoFile } from '../../client/demo-file.js';
import type { Exchange } from '../../exchange/exchange.js';
import { by } from './register-demo.js';

type DemoPerson = DemoFile['people'][number];

/** Login, name, department, role: each role, five departments and a property company. */
const PEOPLE: readonly (readonly [login: string, name: string, department: string, role: PersonRole])[] = [
  ['police.operator', '陈志刚', 'police', 'department-operator'],
  ['police.manager', '刘建军', 'police', 'department-manager'],
  ['civil.operator', '王秀英', 'civil-affairs', 'department-operator'],
  ['civil.manager', '张丽华', 'civil-affairs', 'department-manager'],
  ['housing.operator', '孙晓东', 'housing', 'department-operator'],
  ['housing.manager', '赵国强', 'housing', 'department-manager'],
  ['grid.operator', '李春梅', 'grid-center', 'department-operator'],
  ['grid.manager', '周明', 'grid-center', 'department-manager'],
  ['grid.worker', '吴桂芳', 'grid-center', 'community-worker'],
  ['property.operator', '郑海涛', 'shengshi-property', 'department-operator'],
  ['property.manager', '冯雪', 'shengshi-property', 'department-manager'],
  ['data.manager', '蒋伟', 'exchange', 'department-manager'],
  ['data.reviewer', '何文', 'exchange', 'authority-reviewer'],
  ['data.platform', '吕强', 'exchange', 'platform-operator'],
  ['security.first', '施敏', 'exchange', 'security-administrator'],
  ['security.second', '孔琳', 'exchange', 'security-administrator'],
  ['system.admin', '曹军', 'exchange', 'system-administrator'],
  ['security.auditor', '严正', 'exchange', 'security-auditor'],
];

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Registers the demo's people who are missing, with what they sign in with. A closed account stays closed. */
export async function registerDemoPeople(exchange: Exchange): Promise<DemoPerson[]> {
  const secrets = signInSecrets(exchange);
  const registered: DemoPerson[] = [];
  for (const [login, name, department, role] of PEOPLE) {
    const password = derived(exchange, `password ${login}`, 16).toLowerCase();
    const totp = derived(exchange, `totp ${login}`, 32);
    if (!exchange.policy.current().people.has(login)) {
      const credential = { login, enrolment: 1, step: 0, password: await hashPassword(password), totp, recovery: [] };
      await writeCredential(exchange.database.app, secrets, credential);
      await register(exchange, { login, name, department, roles: [role] });
    }
    registered.push({ login, name, department, role, password, totp });
  }
  return registered;
}

async function register(
  exchange: Exchange,
  person: Pick<Person, 'login' | 'name' | 'department' | 'roles'>,
): Promise<void> {
  const since = new Date(exchange.clock.now()).toISOString();
  const document: Person = { ...person, status: 'active', since, tokensNotBefore: 0, enrolment: 1, demo: true };
  await changePolicy(exchange, by(exchange), () => ({
    kind: 'person',
    id: person.login,
    document,
    event: 'person.registered',
  }));
}

/** The same at each start of one installation, and of no other one. */
function derived({ keys }: Exchange, what: string, length: number): string {
  const bytes = Buffer.from(hkdfSync('sha256', keys.cookies, '', `civic-exchange demo ${what}`, length));
  return [...bytes].map((byte) => BASE32.charAt(byte % 32)).join('');
}
