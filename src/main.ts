#!/usr/bin/env node
import { runCommand } from './cli/exchange.js';
import { renderCatalogOpenapi } from './rest/openapi/write.js';
import { startExchange } from './start.js';

await runCommand(process.argv, { startExchange, renderOpenapi: renderCatalogOpenapi });
