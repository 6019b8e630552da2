import { createRequire } from 'node:module';
import vm, { type CompileFunctionOptions, type Context } from 'node:vm';

/*
 * jest gives each test file its own instance of every module, and compiles each of them again for it:
 * a part of what a short test costs. Here a worker compiles what is installed in node_modules once, and
 * runs the same code for each test file, in the context of that file.
 */

type Importer = (...args: never[]) => unknown;

const scripts = new Map<string, { readonly source: string; readonly script: vm.Script }>();
const compileForItself = vm.compileFunction;

/** How code of a path imports more while it runs, in the test file that runs: no other one is kept. */
const importers = new Map<string, CompileFunctionOptions['importModuleDynamically']>();
let current: Context | undefined;

function scriptOf(source: string, params: readonly string[], filename: string): vm.Script {
  const known = scripts.get(filename);
  if (known?.source === source) return known.script;
  const head = `(function (${params.join()}) {`;
  const script = new vm.Script(`${head}${source}\n})`, {
    filename,
    // As if the code stood alone.
    columnOffset: -head.length,
    importModuleDynamically: ((...args) =>
      (importers.get(filename) as Importer)(...args)) satisfies Importer as never,
  });
  scripts.set(filename, { source, script });
  return script;
}

vm.compileFunction = (source, params = [], options = {}) => {
  const { filename = '', parsingContext } = options;
  const isInstalled = filename.includes('/node_modules/') && !source.startsWith('#!');
  if (!isInstalled || parsingContext === undefined)
    return compileForItself(source, params, options);
  if (parsingContext !== current) importers.clear();
  current = parsingContext;
  importers.set(filename, options.importModuleDynamically);
  return scriptOf(source, params, filename).runInContext(parsingContext);
};

export default createRequire(import.meta.url)('jest-environment-node').TestEnvironment;
