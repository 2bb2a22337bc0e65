import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../platform/clock.js';
import { isObject } from '../../platform/json-pointer.js';
import { demoContract } from '../files/demo-contracts.js';
import { ownRecord, publisherWords } from '../files/publisher-words.js';
import { residentRows } from '../people/police-rows.js';
import { planPopulation } from '../places/plan.js';
import type { DepartmentSystem } from './department-system.js';
import { type InterfaceAnswer, openInterface } from './loopback-interface.js';

/** @internal */
export const CITY_PATH = '/population/check';
const BODY_AT_MOST = 4_096;
/** It knows only the first people of a larger demo; each is a short record. */
const KNOWN_AT_MOST = 100_000;
const ROWS_IN_A_TURN = 200;

type Register = ReadonlyMap<string, Record<string, unknown>>;

/**
 * 市级人口核查接口: the city's API that a sub-bureau queries, with the demo's own people. `POST /population/check` with
 * `{"gmsfhm": …}` → `{"code": 0, "data": [{"GMSFHM": …, "XM": …}]}`, an empty list for an unknown number.
 */
export function openCityInterface(of: { people: number; seed: number }, clock: Clock): Promise<DepartmentSystem> {
  let register: Promise<Register> | undefined;
  return openInterface({ publisher: 'police', name: 'city-check' }, clock, async (request) => {
    if (request.method !== 'POST' || request.url !== CITY_PATH) return refused(404);
    const number = await numberAsked(request).catch(() => undefined);
    if (number === undefined) return refused(400);
    register ??= readRegister(of);
    const found = (await register).get(number);
    return { status: 200, body: { code: 0, data: found === undefined ? [] : [found] } };
  });
}

function refused(status: number): InterfaceAnswer {
  return { status, body: { code: status, data: null } };
}

async function numberAsked(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_AT_MOST) return undefined;
  }
  const asked: unknown = JSON.parse(text);
  return isObject(asked) && typeof asked.gmsfhm === 'string' ? asked.gmsfhm : undefined;
}

/** Built at the first request, a few hundred people per turn, because the exchange runs in the same process. */
async function readRegister({ people, seed }: { people: number; seed: number }): Promise<Register> {
  const register = new Map<string, Record<string, unknown>>();
  const words = publisherWords(await demoContract('police/resident-check'), { spelling: 'last', dates: 'compact' });
  for (const row of residentRows(planPopulation(people, seed))) {
    register.set(String(row.id_number), ownRecord(words, row));
    if (register.size >= KNOWN_AT_MOST) break;
    if (register.size % ROWS_IN_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return register;
}
