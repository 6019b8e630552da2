import { createRequire } from 'node:module';
import vm, { type CompileFunctionOptions } from 'node:vm';

/*
 * jest gives each test file its own instance of every module, and compiles each of them again for it:
 * most of what a short test costs. Here a worker compiles what is installed in node_modules once, and
 * runs the same code for each test file, in the context of that file.
 */

type Import = CompileFunctionOptions['importModuleDynamically'];
type Importer = (...args: never[]) => unknown;

interface Shared {
  readonly source: string;
  readonly script: vm.Script;
  /** Of the test file that runs. */
  importDynamically: Import;
}

const shared = new Map<string, Shared>();
const compileForItself = vm.compileFunction;

function compileShared(source: string, params: readonly string[], options: CompileFunctionOptions) {
  const { filename = '', importModuleDynamically } = options;
  const head = `(function (${params.join()}) {`;
  const known = shared.get(filename);
  if (known?.source === source) {
    known.importDynamically = importModuleDynamically;
    return known.script;
  }
  const entry: Shared = {
    source,
    script: new vm.Script(`${head}${source}\n})`, {
      filename,
      // As if the code stood alone.
      columnOffset: -head.length,
      importModuleDynamically: ((...args) =>
        (entry.importDynamically as Importer)(...args)) satisfies Importer as never,
    }),
    importDynamically: importModuleDynamically,
  };
  shared.set(filename, entry);
  return entry.script;
}

vm.compileFunction = (source, params = [], options = {}) => {
  const { filename = '', parsingContext } = options;
  const isInstalled = filename.includes('/node_modules/') && !source.startsWith('#!');
  if (!isInstalled || parsingContext === undefined)
    return compileForItself(source, params, options);
  return compileShared(source, params, options).runInContext(parsingContext);
};

export default createRequire(import.meta.url)('jest-environment-node').TestEnvironment;
