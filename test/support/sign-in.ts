import { generateSync } from 'otplib';
import { COST } from '../../src/access/sign-in/password.js';
import { backToProgram, exchangeCode, openBrowser, openSignIn, pushRequest, REDIRECT } from './browser.js';
import type { TestNode } from './node.js';

export const PASSWORD = '长风破浪会有时，直挂云帆济沧海';
const PEOPLE = '/api/v1/people';

export const codeOf = (secret: string, stepsAhead = 0) =>
  generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + 30 * stepsAhead });

/** The TOTP secret on the page of an invitation. */
export const secretIn = (html: string) => /<p><code>([A-Z2-7 ]+)<\/code>/.exec(html)?.[1]?.replaceAll(' ', '') ?? '';

/** Accounts through the public doors: proposed by zhou.min, confirmed by fang.lei, the manager of `police`; enrolled and signed in by a browser. */
export async function signingIn(node: TestNode) {
  const { baseUrl } = node;
  Object.assign(COST, { memoryCost: 64, timeCost: 1 });
  await node.person('zhou.min', { department: 'exchange', roles: ['security-administrator'] });
  await node.person('fang.lei', { department: 'police', roles: ['department-manager'] });

  /** Proposes an account as zhou.min; its manager confirms and gets the link. */
  async function invite(login: string): Promise<string> {
    const body = { login, name: '李娜', department: 'police', roles: ['department-operator'] };
    const made = await node.ask('POST', PEOPLE, {
      as: 'zhou.min',
      headers: { 'idempotency-key': crypto.randomUUID() },
      body,
    });
    if (made.status !== 201) throw new Error(made.text);
    const confirmed = await node.ask('POST', `${PEOPLE}/${login}/confirm`, { as: 'fang.lei' });
    if (confirmed.status !== 200) throw new Error(confirmed.text);
    return confirmed.body.invitation.link;
  }

  async function enrol(link: string): Promise<{ secret: string; recovery: string[] }> {
    const browser = openBrowser();
    const secret = secretIn(await (await browser.get(link)).text());
    const done = await browser.post(link, { password: PASSWORD, repeat: PASSWORD, code: codeOf(secret, -1) });
    const html = await done.text();
    if (done.status !== 200) throw new Error(`${done.status}`);
    return { secret, recovery: [...html.matchAll(/<li><code>([^<]+)<\/code>/g)].map(([, code]) => code ?? '') };
  }

  /** The whole way of a program and a browser to tokens. */
  async function signInAs(login: string, code: string, password = PASSWORD, isExchanged = true) {
    const browser = openBrowser();
    const pushed = await pushRequest(baseUrl);
    const page = await openSignIn(browser, baseUrl, pushed.body.request_uri ?? '');
    const reply = await browser.post(page, { login, password, code });
    if (reply.status !== 303) return { status: reply.status, html: await reply.text(), reply };
    const given = await backToProgram(browser, reply, baseUrl);
    const form = { grant_type: 'authorization_code', code: given.get('code') ?? '', redirect_uri: REDIRECT };
    const sent = { ...form, code_verifier: pushed.verifier };
    const tokens = isExchanged ? (await exchangeCode(baseUrl, sent)).body : undefined;
    return { status: 303, given, form, verifier: pushed.verifier, tokens };
  }

  /** An account that has been enrolled. */
  async function newcomer(login: string) {
    return { login, ...(await enrol(await invite(login))) };
  }

  return { invite, enrol, signInAs, newcomer };
}
