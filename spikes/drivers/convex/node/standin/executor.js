/**
 * Runs Node actions as Convex's executor does: one process that stays warm, a new one after it ended.
 *
 * Role: analysis at the push, in a process of its own as on Convex's cloud; calls with their limits; cold starts; the
 * figures that the meter shows. Concurrent calls share the process, as they do on a self-hosted backend; on the cloud
 * each would have one of its own. Must not know: HTTP, the database, wallets.
 */

import { randomUUID } from 'node:crypto';

import {
  ANALYSIS_TIMEOUT_MS,
  ARGUMENTS_LIMIT_BYTES,
  CALL_TIMEOUT_MS,
  OLD_SPACE_MB,
  RESULT_LIMIT_BYTES,
} from './limits.js';
import { NodeProcess } from './node_process.js';

/**
 * @typedef {object} Figures
 * @property {number} peakRssBytes the largest of all processes that served calls
 * @property {number} analysisS import of all modules
 * @property {number} lastActionS
 * @property {number} argumentsBytesPeak
 * @property {number} resultBytesPeak
 * @property {number} calls
 * @property {number} coldStarts
 */

export class NodeExecutor {
  /**
   * @param {{node: string, push: import('./push.js').Push, variables: Record<string, string>,
   *   onSyscall: (op: string, args: any) => Promise<string>, log: (line: string) => void,
   *   callTimeoutMs?: number}} options
   */
  constructor({ node, push, variables, onSyscall, log, callTimeoutMs = CALL_TIMEOUT_MS }) {
    const { modulesDir, directory } = push;
    this.push = push;
    this.place = { node, modulesDir, directory, variables, onSyscall, log, oldSpaceMb: OLD_SPACE_MB };
    this.callTimeoutMs = callTimeoutMs;
    this.version = 'of unknown version';
    /** @type {NodeProcess | null} */
    this.process = null;
    /** @type {Figures} */
    this.figures = {
      peakRssBytes: 0,
      analysisS: 0,
      lastActionS: 0,
      argumentsBytesPeak: 0,
      resultBytesPeak: 0,
      calls: 0,
      coldStarts: 0,
    };
  }

  /**
   * Imports every module once, as a push does.
   * @returns {Promise<void>} rejects, in one line, if a module cannot be imported
   */
  async analyze() {
    const analyst = new NodeProcess(this.place);
    try {
      await analyst.started;
      for (const path of this.push.modules) {
        const frame = { kind: /** @type {const} */ ('analyze'), id: randomUUID(), path };
        const { functions, seconds, node } = await refusedPush(path, analyst.ask(frame, ANALYSIS_TIMEOUT_MS));
        this.version = node;
        this.figures.analysisS += seconds;
        if (functions.length === 0) throw new Error(`the push is refused: ${path} exports no action`);
      }
    } finally {
      await analyst.stop();
    }
  }

  /**
   * @param {string} name "module:function" @param {string} argsJson Convex JSON of the arguments object
   * @returns {Promise<string>} Convex JSON of the result
   */
  async call(name, argsJson) {
    const [module, exported = 'default'] = name.split(':');
    const args = `[${argsJson}]`;
    this.#within('arguments', 'argumentsBytesPeak', args, ARGUMENTS_LIMIT_BYTES);
    const startMs = performance.now();
    const process = this.#warm();
    this.figures.calls += 1;
    try {
      const frame = {
        kind: /** @type {const} */ ('call'),
        id: randomUUID(),
        path: `${module}.js`,
        name: exported,
        args,
      };
      const { result } = await process.ask(frame, this.callTimeoutMs);
      this.#within('result', 'resultBytesPeak', result, RESULT_LIMIT_BYTES);
      return result;
    } finally {
      this.figures.lastActionS = (performance.now() - startMs) / 1000;
      this.figures.peakRssBytes = Math.max(this.figures.peakRssBytes, process.peakRssBytes);
    }
  }

  async close() {
    await this.process?.stop();
  }

  /** @returns {NodeProcess} the running one, or a new one */
  #warm() {
    if (!this.process?.alive) {
      this.process = new NodeProcess(this.place);
      this.figures.coldStarts += 1;
    }
    return this.process;
  }

  /** @param {string} what @param {'argumentsBytesPeak' | 'resultBytesPeak'} figure @param {string} text @param {number} limit */
  #within(what, figure, text, limit) {
    const bytes = Buffer.byteLength(text);
    this.figures[figure] = Math.max(this.figures[figure], bytes);
    if (bytes > limit) throw new Error(`the ${what} of the action: ${bytes} bytes, the limit is ${limit}; send less`);
  }
}

/** @template T @param {string} path @param {Promise<T>} analysis @returns {Promise<T>} */
async function refusedPush(path, analysis) {
  try {
    return await analysis;
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new Error(`the push is refused: ${path} cannot be imported: ${message.replace(/\s+/g, ' ')}`);
  }
}
