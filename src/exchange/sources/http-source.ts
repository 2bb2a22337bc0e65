import { resolveUpstream } from '../../access/upstreams/resolve-upstream.js';
import type { Contract } from '../../catalog/contract.js';
import type { HttpSource } from '../../catalog/source-terms.js';
import { addKey, digestText, emptyDigest } from '../../ingest/judge/key-digest.js';
import type { Validator } from '../../ingest/judge/validator.js';
import { reconcile } from '../../ingest/publish/reconcile.js';
import { apiPath, openApi } from '../../ingest/readers/http/api.js';
import { readPages } from '../../ingest/readers/http/pull-api.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { Problem } from '../../platform/errors.js';
import type { Exchange } from '../exchange.js';

/** Per page: for an interface that sends more, the contract must ask for smaller pages. */
const PAGE_BYTES_AT_MOST = 64 * 1024 * 1024;

/** 接口: one run over all pages of a department's interface, as a snapshot. */
export async function httpIntake(exchange: Exchange, contract: Contract, source: HttpSource): Promise<Intake> {
  const { config } = exchange;
  const wanted = { publisher: contract.publisher, name: source.upstream, kind: source.kind };
  const reached = await resolveUpstream(exchange, wanted);
  const api = openApi(reached, {
    timeoutMs: config.sourceStatementTimeoutMs,
    bytesAtMost: Math.min(PAGE_BYTES_AT_MOST, config.deliveryLimitBytes),
    connections: 1,
  });
  const reader = readPages({
    api,
    path: apiPath(reached, source.path),
    prefix: reached.upstream.pathPrefix ?? '',
    rows: source.rows,
    paging: source.paging,
    stillApproved: reached.stillApproved,
    bytesAtMost: config.deliveryLimitBytes,
  });
  const taken = emptyDigest();
  let opened: Validator | undefined;
  const counts = () => ({ received: reader.received().rows, pages: reader.received().pages });
  return {
    mediaType: 'application/vnd.civic-exchange.pull+http',
    open: async (validator) => {
      opened = validator;
      return reader.source;
    },
    bytes: () => reader.received().bytes,
    digest: reader.digest,
    drain: async () => {},
    numbered: (rowNumber) => addKey(taken, rowNumber),
    notes: () => ({ reconciliation: { ...counts(), ok: false } }),
    async published(tx, { id }) {
      reached.stillApproved();
      const { published, repeated, ok } = await reconcile(tx, { deliveryId: id, validator: opened!, taken });
      if (!ok) throw new Problem('internal', 'The release does not hold the keys that were read.');
      const sides = { taken: taken.rows, published: published.rows, repeated };
      const digests = { takenKeys: digestText(taken), publishedKeys: digestText(published) };
      return { reconciliation: { ...counts(), ...sides, ...digests, ok } };
    },
    close: () => api.close(),
  };
}
