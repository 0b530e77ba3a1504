/**
 * The modules of a bundle, evaluated afresh in every context.
 *
 * Role: reads the sources once in a process, compiles them with a cached parse, links them by their relative paths.
 * `import.meta` throws when it is touched; `import()` finds the bundle's own chunks, and only where it is allowed.
 * Must not know: what the modules export.
 */

import { isAscii } from 'node:buffer';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

export class ModuleSources {
  /** @param {string} directory of the bundle's modules for this environment */
  constructor(directory) {
    this.directory = directory;
    /** @type {Map<string, string>} */
    this.texts = new Map();
    /** @type {Map<string, Buffer>} */
    this.parses = new Map();
  }

  /** Array buffers that these hold: the host's, not the functions'. */
  get heldBytes() {
    return [...this.parses.values()].reduce((sum, parse) => sum + parse.byteLength, 0);
  }

  /** The modules that a push analyses: all but the chunks that they share. @returns {string[]} */
  entries() {
    const names = readdirSync(this.directory, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.js') && !name.startsWith('_deps')).sort();
  }

  /** @param {string} name @returns {string} */
  text(name) {
    const known = this.texts.get(name);
    if (known !== undefined) return known;
    const bytes = readFileSync(path.join(this.directory, name));
    // Pure ASCII as one byte a character outside the heap, as Convex keeps it; 15 MB of it hold the SDK.
    const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
    this.texts.set(name, text);
    return text;
  }
}

/** The module graph of one context. */
export class ModuleGraph {
  /** @param {{sources: ModuleSources, context: vm.Context, allowsImport: () => boolean}} options */
  constructor({ sources, context, allowsImport }) {
    this.sources = sources;
    this.context = context;
    this.allowsImport = allowsImport;
    /** @type {Map<string, vm.SourceTextModule>} */
    this.modules = new Map();
  }

  /** Evaluates a module with everything that it imports. @param {string} name @returns {Promise<any>} its namespace */
  async import(name) {
    const module = this.#module(name);
    if (module.status === 'unlinked') {
      await module.link((specifier, from) => this.#module(resolve(from.identifier, specifier)));
      this.#keepParses();
    }
    await module.evaluate();
    return module.namespace;
  }

  /** @param {string} name */
  #module(name) {
    const known = this.modules.get(name);
    if (known) return known;
    const { sources, context } = this;
    const module = new vm.SourceTextModule(sources.text(name), {
      identifier: name,
      context,
      cachedData: sources.parses.get(name),
      initializeImportMeta: () => {
        throw this.#typeError('import.meta unsupported');
      },
      importModuleDynamically: /** @type {any} */ (
        async (/** @type {string} */ specifier) => {
          if (!this.allowsImport()) throw this.#typeError('dynamic module import unsupported');
          const target = resolve(name, specifier);
          await this.import(target);
          return this.#module(target);
        }
      ),
    });
    this.modules.set(name, module);
    return module;
  }

  #keepParses() {
    for (const [name, module] of this.modules) {
      if (!this.sources.parses.has(name)) this.sources.parses.set(name, /** @type {any} */ (module).createCachedData());
    }
  }

  /** An error of the context's own realm. @param {string} message */
  #typeError(message) {
    const TypeErrorOfRealm = vm.runInContext('TypeError', this.context);
    return new TypeErrorOfRealm(message);
  }
}

/** @param {string} from @param {string} specifier @returns {string} */
function resolve(from, specifier) {
  if (!/^\.\.?\//.test(specifier)) throw new Error(`${from} imports ${specifier}, which is not in the bundle`);
  return path.posix.join(path.posix.dirname(from), specifier);
}
