import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toDataURL } from 'qrcode';
import type { AuthorizationServer } from '../../access/identity/authorization-server.js';
import type { Refusals } from '../../access/identity/refusals.js';
import type { Person } from '../../access/people/person.js';
import { PERSON_ROLES } from '../../access/people/role.js';
import { acceptInvitation, findInvitation } from '../../access/sign-in/invitation.js';
import { totpUri } from '../../access/sign-in/second-factor.js';
import type { Secrets } from '../../access/sign-in/secrets.js';
import { signIn } from '../../access/sign-in/sign-in.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { isOnThisMachine } from '../entrance/hosts.js';
import { type DemoChoice, endedPage, invitationPage, recoveryPage, signInPage } from './forms.js';
import { type Language, wordsIn } from './words.js';

export interface SignInDoor {
  exchange: Exchange;
  authorization: AuthorizationServer;
  secrets: Secrets;
  refusals: Refusals;
}

const HTML = 'text/html; charset=utf-8';
const BODY_LIMIT_BYTES = 4_096;
const ISSUER = '政务数据共享交换平台';

type SignInForm = { Body: URLSearchParams; Querystring: { lang?: string } };
type PageRequest<P = unknown> = FastifyRequest<SignInForm & { Params: P }>;

/** Pages on which people sign in and enrol: plain HTML, no script. No other page learns their address. */
export async function signInPages(app: FastifyInstance, door: SignInDoor): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('referrer-policy', 'no-referrer');
  });
  app.get('/sign-in/refused', async (request: PageRequest, reply) => ended(reply, languageOf(request)));
  app.get('/sign-in/:uid', async (request: PageRequest, reply) => showSignIn(door, request, reply));
  app.post('/sign-in/:uid', async (request: PageRequest, reply) => takeSignIn(door, request, reply));
  app.get('/invitation/:token', async (request: PageRequest<{ token: string }>, reply) =>
    showInvitation(door, request, reply),
  );
  app.post('/invitation/:token', async (request: PageRequest<{ token: string }>, reply) =>
    takeInvitation(door, request, reply),
  );
}

async function showSignIn(
  { exchange, authorization }: SignInDoor,
  request: PageRequest,
  reply: FastifyReply,
  fault?: string,
): Promise<FastifyReply> {
  const language = languageOf(request);
  const asked = await authorization.signingIn(request.raw, reply.raw).catch(() => undefined);
  if (asked === undefined) return ended(reply, language);
  // A browser checks the redirect that follows the form too.
  allowForms(reply, asked.origin);
  return reply.type(HTML).send(
    signInPage({
      path: pathOf(request),
      language,
      fault,
      client: asked.client,
      demo: demoChoices(exchange, request),
    }),
  );
}

async function takeSignIn(door: SignInDoor, request: PageRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { exchange, authorization, secrets, refusals } = door;
  if ((await authorization.signingIn(request.raw, reply.raw).catch(() => undefined)) === undefined)
    return ended(reply, languageOf(request));
  const words = wordsIn(languageOf(request));
  const given = {
    login: value(request, 'login').trim().toLowerCase(),
    password: value(request, 'password'),
    code: value(request, 'code'),
  };
  try {
    const chosen = demoPeople(exchange, request).find(({ login }) => login === value(request, 'demo'));
    const person = chosen ?? (await signIn({ ...exchange, secrets, refusals }, { ...given, address: request.ip }));
    reply.hijack();
    await authorization.signedIn(person, request.ip, { request: request.raw, response: reply.raw });
    return reply;
  } catch (error) {
    if (!(error instanceof Problem) || reply.sent) throw error;
    if (error.retryAfter !== undefined) reply.header('retry-after', String(error.retryAfter));
    const fault =
      error.code === 'rate-limited'
        ? words.wait(error.retryAfter ?? 1)
        : error.code === 'unauthenticated'
          ? words.wrong
          : words.busy;
    return showSignIn(door, request, reply.code(error.status), fault);
  }
}

async function showInvitation(
  door: SignInDoor,
  request: PageRequest<{ token: string }>,
  reply: FastifyReply,
  fault?: string,
): Promise<FastifyReply> {
  const language = languageOf(request);
  const found = await findInvitation(invitations(door), request.params.token).catch(orNotFound);
  if (found === undefined) return ended(reply, language);
  const { person, totp } = found;
  const qr = await toDataURL(totpUri(person.login, totp, ISSUER), { margin: 2, width: 440 });
  allowForms(reply);
  const { name, login } = person;
  return reply
    .type(HTML)
    .send(invitationPage({ path: pathOf(request), language, fault, name, login, qr, secret: totp }));
}

async function takeInvitation(
  door: SignInDoor,
  request: PageRequest<{ token: string }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const language = languageOf(request);
  const words = wordsIn(language);
  const [password, code] = [value(request, 'password'), value(request, 'code')];
  if (password !== value(request, 'repeat')) return showInvitation(door, request, reply.code(422), words.badRepeat);
  try {
    const { recovery } = await acceptInvitation(invitations(door), request.params.token, { password, code });
    return reply.type(HTML).send(recoveryPage(recovery, language));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 404 || error.status === 409) return ended(reply, language);
    const isCode = error.faults.every(({ parameter }) => parameter === 'code');
    const fault = error.code !== 'unprocessable' ? words.busy : isCode ? words.badCode : words.badPassword;
    return showInvitation(door, request, reply.code(error.status), fault);
  }
}

/** Nobody but the machine's own user reaches a demo on loopback, and its people are made up. */
function demoPeople({ config, policy }: Exchange, request: PageRequest): Person[] {
  if (!config.demo || config.demoOpenToNetwork || !isOnThisMachine(request)) return [];
  return [...policy.current().people.values()].filter(({ demo, status }) => demo === true && status === 'active');
}

function demoChoices(exchange: Exchange, request: PageRequest): DemoChoice[] {
  return demoPeople(exchange, request).map(({ login, name, roles }) => ({
    login,
    title: `${name} · ${roles.map((role) => PERSON_ROLES[role].zh).join('、')} · ${login}`,
  }));
}

function invitations({ exchange, secrets }: SignInDoor) {
  const { database, log, policy, clock, config } = exchange;
  return { database, log, policy, clock, secrets, publicUrl: config.publicUrl };
}

function orNotFound(error: unknown): undefined {
  if (!(error instanceof Problem) || error.status !== 404) throw error;
}

function ended(reply: FastifyReply, language: Language): FastifyReply {
  return reply.code(410).type(HTML).send(endedPage(language));
}

/** The pages of the exchange allow no form and no inlined image; these need both. */
function allowForms(reply: FastifyReply, origin = ''): void {
  reply.header(
    'content-security-policy',
    `default-src 'none';style-src 'self';img-src data:;form-action 'self' ${origin};frame-ancestors 'none';base-uri 'none'`,
  );
}

function value(request: PageRequest, name: string): string {
  return request.body?.get(name) ?? '';
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

/** Chinese, unless the person chose English. */
function languageOf(request: PageRequest): Language {
  return request.query.lang === 'en' ? 'en' : 'zh';
}
