const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const typescript = require('typescript');

// A transpiler for ts-node, under which tap runs TypeScript. Every test file is a process of its own, and most load all of src: transpiling
// that anew took half of a run. One file is kept for each source, valid for the text and the options that it was made of.
const FOLDER = join(__dirname, '../../node_modules/.cache/transpiled');

exports.create = ({ service }) => {
  // Every source is an ES module; transpiling one file alone, the compiler would not see the package.json that says so.
  const { ModuleKind, ModuleResolutionKind } = typescript;
  const module = { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler };
  const compilerOptions = { ...service.config.options, ...module };
  const made = JSON.stringify([typescript.version, compilerOptions]);
  mkdirSync(FOLDER, { recursive: true });
  return {
    transpile(input, { fileName }) {
      const digest = createHash('sha256').update(made).update('\0').update(fileName).update('\0').update(input).digest('hex');
      const path = join(FOLDER, `${createHash('sha256').update(fileName).digest('hex')}.json`);
      const known = read(path);
      if (known?.digest === digest) return known;
      const { outputText, sourceMapText, diagnostics } = typescript.transpileModule(input, {
        fileName,
        compilerOptions,
        reportDiagnostics: true,
      });
      if (diagnostics.length === 0) write(path, { digest, outputText, sourceMapText });
      return { outputText, sourceMapText, diagnostics };
    },
  };
};

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whole or not at all: two test files may write the same at once. */
function write(path, made) {
  const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}`;
  writeFileSync(temporary, JSON.stringify(made));
  renameSync(temporary, path);
}
