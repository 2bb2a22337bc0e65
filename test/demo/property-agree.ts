import type { Test } from 'tap';
import type { Line } from './people-agree.js';

type Rows = (dataset: string) => Line[];

function checksOf(t: Test, of: Rows) {
  return {
    index(dataset: string, ...key: string[]): Map<string, Line> {
      const found = new Map(of(dataset).map((line) => [key.map((name) => line[name]).join('/'), line]));
      t.ok(found.size > 0 && found.size === of(dataset).length, `${dataset}: it has rows, and its key is unique`);
      return found;
    },
    refers(dataset: string, test: (line: Line) => boolean): void {
      const lost = of(dataset).filter((line) => !test(line));
      t.same(lost.slice(0, 3), [], `${dataset}: what it refers to exists`);
    },
  };
}

/**
 * Owners, leases, bills and orders belong to existing houses and people; the register differs from the housing authority in about one of a hundred.
 */
export function propertyAgrees(t: Test, of: Rows): void {
  const { index, refers } = checksOf(t, of);
  const [people, companies] = [index('grid-center/resident', 'id_number'), index('grid-center/organization', 'uscc')];
  const houses = index('housing/house', 'house_code');
  const compounds = index('housing/compound', 'code');
  const register = index('natural-resources/house', 'house_code');
  index('natural-resources/ownership', 'right_no', 'owner_id');
  const addresses = index('exchange/address', 'code');
  const isParty = (number: unknown) => people.has(String(number)) || companies.has(String(number));
  const owners = new Map<string, unknown[]>();
  for (const { house_code, owner_id } of of('natural-resources/ownership')) {
    owners.set(String(house_code), [...(owners.get(String(house_code)) ?? []), owner_id]);
  }
  refers('exchange/address', ({ code, parent_code }) => {
    return parent_code === null || (addresses.has(String(parent_code)) && String(code).startsWith(String(parent_code)));
  });
  refers('grid-center/organization', ({ address_code }) => addresses.has(String(address_code)));
  refers('natural-resources/ownership', ({ house_code, owner_id, real_estate_unit_no }) => {
    return register.get(String(house_code))?.real_estate_unit_no === real_estate_unit_no && isParty(owner_id);
  });
  const differ = of('natural-resources/house').filter(({ house_code, area_m2, use }) => {
    const house = houses.get(String(house_code))!;
    return house.area_m2 !== area_m2 || house.use !== use;
  });
  t.ok(differ.length / register.size > 0.003 && differ.length / register.size < 0.02, `${differ.length} houses differ`);

  index('housing/lease', 'lease_no');
  refers('housing/lease', ({ house_code, landlord_id, tenant_ids, division_code }) => {
    const house = houses.get(String(house_code));
    const owned = owners.get(String(house_code))?.includes(landlord_id) ?? isParty(landlord_id);
    return (
      house?.division_code === division_code &&
      owned &&
      String(tenant_ids)
        .split('、')
        .every((id) => people.has(id))
    );
  });
  const wrongWay = of('housing/lease').filter(({ from_on, until_on }) => String(from_on) > String(until_on));
  t.ok(
    wrongWay.length > 0 && wrongWay.length * 20 < of('housing/lease').length,
    `${wrongWay.length} end before they begin`,
  );

  index('housing/fee-bill', 'house_code', 'period', 'fee_kind');
  refers('housing/fee-bill', ({ house_code, compound_code, unit_price, area_m2, amount, paid_at, status }) => {
    const exact = area_m2 === null ? Number(unit_price) : Number(unit_price) * Number(area_m2);
    const paid = status === '2' || status === '3';
    return (
      String(houses.get(String(house_code))?.building_code).startsWith(String(compound_code)) &&
      compounds.has(String(compound_code)) &&
      Math.abs(Number(amount) - exact) <= 0.0051 &&
      paid === (paid_at !== null)
    );
  });
  for (const [dataset, key] of [
    ['repair-order', 'order_no'],
    ['complaint', 'complaint_no'],
  ] as const) {
    index(`housing/${dataset}`, key);
    refers(`housing/${dataset}`, ({ compound_code, house_code }) => {
      return compounds.has(String(compound_code)) && (house_code === null || houses.has(String(house_code)));
    });
  }
  refers('housing/repair-order', ({ reported_at, dispatched_at, done_at }) => {
    return (dispatched_at ?? '~') >= String(reported_at) && (done_at ?? '~') >= (dispatched_at ?? '');
  });
  index('housing/device', 'device_no');
}

/** Workers, volunteers and events belong to existing grids, and have the faults that the rules look for. */
export function gridsAgree(t: Test, of: Rows): void {
  const { index, refers } = checksOf(t, of);
  const residents = index('police/resident', 'id_number');
  const grids = index('grid-center/grid', 'code');
  const workers = index('grid-center/grid-worker', 'worker_no');
  index('grid-center/dwelling-household', 'house_code');
  index('grid-center/volunteer', 'volunteer_no');
  refers('grid-center/volunteer', ({ id_number, name }) => residents.get(String(id_number))?.name === name);
  refers('grid-center/grid-worker', ({ grid_code, division_code }) => {
    return grids.get(String(grid_code))?.division_code === division_code;
  });
  const fullTime = new Set(
    [...workers.values()].filter((line) => line.full_time === 'true').map((line) => line.grid_code),
  );
  const short = [...grids.values()].filter(({ code, settlement }) => settlement === '1' && !fullTime.has(code));
  t.equal(short.length, 1, 'one urban grid has no full-time worker');
  t.equal(new Set([...workers.values()].map(({ grid_code }) => grid_code)).size, grids.size, 'every grid has workers');

  const events = index('grid-center/event', 'event_no');
  index('grid-center/event-step', 'event_no', 'seq');
  refers('grid-center/event', ({ grid_code, division_code, reporter_no }) => {
    const reporter = reporter_no === null ? undefined : workers.get(String(reporter_no));
    return (
      grids.get(String(grid_code))?.division_code === division_code &&
      (reporter_no === null || reporter?.grid_code === grid_code)
    );
  });
  eventsTakeTheirCourse(t, of, events);
}

/** 采集 → … → 办结 with increasing times, up to the event's own state; a few were never accepted (受理). */
function eventsTakeTheirCourse(t: Test, of: Rows, events: ReadonlyMap<string, Line>): void {
  const steps = new Map<string, Line[]>();
  for (const step of of('grid-center/event-step')) {
    steps.set(String(step.event_no), [...(steps.get(String(step.event_no)) ?? []), step]);
  }
  t.same([...steps.keys()], [...events.keys()], 'every event has steps');
  const outOfOrder: string[] = [];
  const wrong: string[] = [];
  for (const [event, course] of steps) {
    const kinds = course.map(({ kind }) => Number(kind));
    // After a return the event is passed on again; reminders and supervision change nothing.
    const order = kinds.filter((kind) => kind < 95).slice(kinds.lastIndexOf(65) + 1);
    if (kinds.includes(40) && !kinds.includes(30)) outOfOrder.push(event);
    const follows = course.every(({ seq, at }, i) => {
      return Number(seq) === i + 1 && (i === 0 || String(at) > String(course[i - 1]!.at));
    });
    const standing = kinds.findLast((kind) => kind < 95);
    const { status, closed_at } = events.get(event)!;
    const told = status === String(standing) && (closed_at !== null) === (standing === 90);
    if (!follows || !told || !order.every((kind, i) => i === 0 || kind > order[i - 1]!)) wrong.push(event);
  }
  t.same(wrong, [], 'steps follow each other, and the event stands where its last step left it');
  t.ok(outOfOrder.length > 0 && outOfOrder.length < events.size / 20, `${outOfOrder.length} were never taken up`);
}
