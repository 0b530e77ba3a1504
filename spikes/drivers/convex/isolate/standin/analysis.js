/**
 * What a push finds out about a bundle: does every module evaluate in time, and what does it export.
 *
 * Role: each module in a fresh context, alone, without the network. The time is that of the isolate's own thread, so
 * that a busy machine does not fail a push. Must not know: processes.
 */

import { Call } from './call.js';
import { ANALYSIS_S } from './limits.js';

/**
 * @typedef {object} Analysis
 * @property {Record<string, {udf: string, args: any}>} functions "module:export" -> its kind and argument validator
 * @property {[string, string][]} routes [path, method]
 * @property {Record<string, number>} seconds module -> time to evaluate it
 */

const NO_SYSCALLS = {
  syscall: () => {
    throw new Error('no system calls during analysis');
  },
  asyncSyscall: () => {
    throw new Error('no system calls during analysis');
  },
};

/** @param {import('./call.js').World} world @returns {Promise<Analysis>} */
export async function analyse(world) {
  /** @type {Analysis} */
  const analysis = { functions: {}, routes: [], seconds: {} };
  for (const module of world.sources.entries()) {
    const job = { udf: /** @type {const} */ ('analysis'), module, name: null, argsJson: null, request: null };
    const call = new Call(world, job, NO_SYSCALLS);
    const namespace = await call.evaluate();
    const seconds = call.meter.cpuS();
    call.api.end();
    if (seconds > ANALYSIS_S) {
      throw new Error(`${module} took ${seconds.toFixed(1)} s to evaluate and may take ${ANALYSIS_S} s`);
    }
    analysis.seconds[module] = seconds;
    note(analysis, module.replace(/\.js$/, ''), namespace);
  }
  return analysis;
}

/** @param {Analysis} analysis @param {string} module @param {any} namespace */
function note(analysis, module, namespace) {
  for (const [name, exported] of Object.entries(namespace)) {
    const kind = ['Query', 'Mutation', 'Action'].find((kind) => exported?.[`is${kind}`]);
    if (!kind) continue;
    analysis.functions[`${module}:${name}`] = { udf: kind.toLowerCase(), args: JSON.parse(exported.exportArgs()) };
  }
  if (module === 'http' && namespace.default?.isRouter) {
    analysis.routes = namespace.default.getRoutes().map((/** @type {any[]} */ [path, method]) => [path, method]);
  }
}
