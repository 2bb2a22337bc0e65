#!/usr/bin/env node
import { runCommand } from './cli/exchange.js';

// Only some commands need the server: the others start without loading it.
await runCommand(process.argv, {
  startExchange: async (config, options) => (await import('./start.js')).startExchange(config, options),
  renderOpenapi: async (directory, format) =>
    (await import('./rest/openapi/write.js')).renderCatalogOpenapi(directory, format),
  actOnMachine: async (config, work) => (await import('./on-machine.js')).actOnMachine(config, work),
  atLog: async (config, work) => (await import('./on-machine.js')).atLog(config, work),
  onMachine: async (config, work) => (await import('./on-machine.js')).onMachine(config, work),
  migrateMachine: async (config) => (await import('./on-machine.js')).migrateMachine(config),
  backUp: async (config, options) => (await import('./back-up.js')).backUp(config, options),
  restore: async (config, options) => (await import('./restore.js')).restore(config, options),
  demoFiles: async (of) => (await import('./start.js')).demoFiles(of),
});

// Whatever is still open, a failed command ends.
const LINGER_MS = 2_000;
if (process.exitCode) setTimeout(() => process.exit(), LINGER_MS).unref();
