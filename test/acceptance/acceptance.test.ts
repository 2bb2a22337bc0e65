import t from '../support/tap.js';
import { audit } from './audit.js';
import { deliveries } from './deliveries.js';
import { graphql } from './graphql.js';
import { identity } from './identity.js';
import { startDemo } from './outside.js';
import { protocol } from './protocol.js';
import { publishing } from './publishing.js';
import { queryLanguage } from './query-language.js';
import { reference } from './reference.js';
import { refusals } from './refusals.js';

// One demo for the whole suite: the parts run in order and build on what earlier parts publish.
t.setTimeout(180_000);
const outside = await startDemo(t);
const PARTS = { identity, publishing, queryLanguage, refusals, protocol, graphql, deliveries, audit, reference };
for (const [name, part] of Object.entries(PARTS))
  await t.test(name, async (t) => {
    for (const [title, test] of part) await t.test(title, (t) => test(t, outside));
  });
