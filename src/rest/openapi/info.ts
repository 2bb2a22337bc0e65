import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../../catalog/catalog.js';
import { packageRoot } from '../../platform/paths.js';
import type { Operation } from '../operation.js';

const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };

export const info = {
  title: '政务数据共享交换平台 Civic Exchange',
  version,
  description:
    'Departments publish datasets under one standard; applications read them under grants; auditors can prove what was read, by whom and why. ' +
    'Every answer carries a receipt of its audit entry. Errors are problems (RFC 9457) with a code from a closed register. ' +
    'Repeated or unknown parameters are refused, never ignored.',
  license: { name: 'MIT', identifier: 'MIT' },
  contact: { name: '区大数据中心 District big data centre' },
};

const TAGS: Readonly<Record<string, string>> = {
  catalog: '目录 Contracts, as they are published',
  standard: '标准 The unified community data standard',
  graphql: 'GraphQL over HTTP',
  access: '授权 Applications and grants',
  workflow: '办理 Access requests, tasks, working days and deadlines',
  audit: '审计 The append-only log, its checkpoints and proofs',
  oauth2: '认证 The embedded authorization server',
  operations: '运行 Documents, health and metrics',
};

/** One tag for each publisher, and for each part of the platform that has an operation here. */
export function tagsOf(catalog: Catalog, operations: readonly Operation[]): { name: string; description: string }[] {
  return [...new Set(operations.map(({ tag }) => tag))].map((name) => {
    const publisher = catalog.publishers.get(name);
    const title = publisher === undefined ? name : `${publisher.title.zh} ${publisher.title.en}`;
    return { name, description: TAGS[name] ?? title };
  });
}
