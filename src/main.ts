#!/usr/bin/env node
import { runCommand } from './cli/exchange.js';

// The server is loaded only by the commands that need it: the others answer at once.
await runCommand(process.argv, {
  startExchange: async (config, options) => (await import('./start.js')).startExchange(config, options),
  renderOpenapi: async (directory, format) =>
    (await import('./rest/openapi/write.js')).renderCatalogOpenapi(directory, format),
});
