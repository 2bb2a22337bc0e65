import type { Contract } from '../../catalog/contract.js';
import { type QualityReport, type RuleReport, scoresAlone } from '../../ingest/quality/report.js';
import { timeliness } from '../../ingest/quality/score.js';
import { itemAt } from '../../platform/known.js';
import type { Exchange } from '../exchange.js';
import type { QualityReader, Told } from './read-quality.js';

interface Kept {
  release: number;
  delivery: string;
  application: string;
  /** RFC 3339 UTC. */
  released: string;
  ageDays: number;
  report: QualityReport;
}

const KEPT = `SELECT q.release::integer AS release, q.delivery, d.application, q.report,
    to_char(q.made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS released,
    (extract(epoch FROM clock_timestamp() - q.made_at) / 86400)::float8 AS "ageDays"
  FROM exchange.quality q JOIN exchange.line l ON l.id = q.line_id JOIN exchange.delivery d ON d.id = q.delivery
  WHERE l.name = $1 AND q.release IS NOT NULL`;

/** The quality of one release. Without a release, the newest one; its timeliness falls until the next release. */
export async function qualityOf(
  exchange: Exchange,
  reader: QualityReader,
  release?: number,
): Promise<Told | undefined> {
  const { contract } = reader;
  const values = release === undefined ? [contract.name] : [contract.name, release];
  const { rows } = await exchange.database.app.query<Kept>(
    `${KEPT} ${release === undefined ? '' : 'AND q.release = $2'} ORDER BY q.release DESC LIMIT 1`,
    values,
  );
  const kept = rows[0];
  if (kept === undefined) return undefined;
  if (release === undefined) growOld(kept, contract);
  const own = reader.deliversAll || (reader.delivers && kept.application === reader.application);
  return { body: { data: own ? whole(kept) : rounded(kept) }, release: kept.release };
}

/** Scores by release, newest first, older than a given release. */
export async function qualityHistory(
  exchange: Exchange,
  reader: QualityReader,
  page: { before: number | undefined; limit: number },
): Promise<Told> {
  const { before, limit } = page;
  const { rows } = await exchange.database.app.query<Kept>(
    `${KEPT} ${before === undefined ? '' : 'AND q.release < $3'} ORDER BY q.release DESC LIMIT $2`,
    [reader.contract.name, limit + 1, ...(before === undefined ? [] : [before])],
  );
  const shown = rows.slice(0, limit);
  const data = shown.map(({ release, released, report }) => {
    const scores = scoresAlone(report.scores);
    const { labelled } = report;
    if (reader.deliversAll) return { release, released, scores, labelled };
    return { release, released, scores: cutScores(scores), labelled: Math.floor(labelled) };
  });
  const more = rows.length > limit;
  return {
    body: { data, page: { before: more ? itemAt(shown, limit - 1).release : null, has_more: more } },
    release: shown[0]?.release ?? null,
  };
}

function growOld({ report, ageDays }: Kept, contract: Contract): void {
  const { timeliness: before } = report.scores;
  before.score = Math.min(before.score, timeliness(contract, ageDays));
}

function whole({ release, released, delivery, report }: Kept) {
  return { release, released, delivery, ...report };
}

/** Shares in whole percent; no count, line or township: a count would include rows outside the reader's grant. */
function rounded({ release, released, report }: Kept) {
  return {
    release,
    released,
    scores: cutScores(scoresAlone(report.scores)),
    labelled: Math.floor(report.labelled),
    rules: report.rules
      .filter(({ severity }) => severity !== 'finding')
      .map(roundedRule)
      .sort(byName),
  };
}

function roundedRule({ rule, title, severity, dimension, basis, field, checked, rows }: RuleReport) {
  const percent = checked === 0 ? 0 : Math.min(100, Math.round((100 * rows) / checked));
  return { rule, title, severity, dimension, basis, field, percent };
}

/** An order by worst share would reveal exact values. */
function byName(a: { rule: string; field: string | null }, b: typeof a): number {
  return `${a.rule} ${a.field ?? ''}` < `${b.rule} ${b.field ?? ''}` ? -1 : 1;
}

function cutScores(scores: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(scores).map(([dimension, score]) => [dimension, Math.floor(score)]));
}
