import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../platform/clock.js';
import { planPopulation } from './plan.js';
import { RESIDENT_HEADINGS, residentRows } from './police-rows.js';

/** 市级人口核查接口: what a sub-bureau asks the city for, here on loopback and of the demo's own people. */
export interface CityInterface {
  host: string;
  port: number;
  /** Bearer token that it takes; a new one at every start. */
  secret: string;
  close(): Promise<void>;
}

export const CITY_PATH = '/population/check';
const HOST = '127.0.0.1';
/** What it tells of a person, under the police's own headings. */
const TOLD = new Set(['GMSFHM', 'XM', 'XB', 'CSRQ', 'HJD', 'XZD', 'RYZT']);
const BODY_AT_MOST = 4_096;
/** Of a demo with more people it knows the first; each is a short record. */
const KNOWN_AT_MOST = 100_000;
const ROWS_IN_A_TURN = 200;

type Register = ReadonlyMap<string, Record<string, unknown>>;

/** `POST /population/check` with `{"gmsfhm": …}` → `{"code": 0, "data": [{"GMSFHM": …, "XM": …}]}`, an empty list where nobody has the number. */
export async function openCityInterface(of: { people: number; seed: number }, clock: Clock): Promise<CityInterface> {
  const secret = clock.randomBytes(32).toString('base64url');
  let register: Promise<Register> | undefined;
  const server = createServer(async (request, reply) => {
    if (!isAuthorised(request, secret)) return say(reply, 401, { code: 401, data: null });
    if (request.method !== 'POST' || request.url !== CITY_PATH) return say(reply, 404, { code: 404, data: null });
    const number = await numberAsked(request).catch(() => undefined);
    if (number === undefined) return say(reply, 400, { code: 400, data: null });
    register ??= readRegister(of);
    const found = (await register).get(number);
    say(reply, 200, { code: 0, data: found === undefined ? [] : [found] });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: HOST,
    port,
    secret,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isAuthorised({ headers }: IncomingMessage, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${secret}`));
}

async function numberAsked(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_AT_MOST) return undefined;
  }
  const { gmsfhm } = JSON.parse(text) as { gmsfhm?: unknown };
  return typeof gmsfhm === 'string' ? gmsfhm : undefined;
}

/** Made at the first ask, a few hundred people at a turn: the exchange itself runs in this process. */
async function readRegister({ people, seed }: { people: number; seed: number }): Promise<Register> {
  const register = new Map<string, Record<string, unknown>>();
  const told = RESIDENT_HEADINGS.flatMap((heading, at) => (TOLD.has(heading) ? [{ heading, at }] : []));
  for (const row of residentRows(planPopulation(people, seed))) {
    const person = Object.fromEntries(told.map(({ heading, at }) => [heading, row[at]]));
    register.set(String(person.GMSFHM), person);
    if (register.size >= KNOWN_AT_MOST) break;
    if (register.size % ROWS_IN_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return register;
}

function say(reply: ServerResponse, status: number, body: object): void {
  reply.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
