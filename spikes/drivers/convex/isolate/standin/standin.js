/**
 * A stand-in for a Convex deployment: takes a bundle as a push does, then runs its functions.
 *
 * Role: who runs where. Each action has an isolate to itself and they run beside each other, up to a number; queries
 * and mutations run one after the other in the isolate that has the database, which makes them serialisable.
 * "use node" actions are somebody else's (`runNodeAction`). It is written from Convex's documentation and from what
 * was seen of it, and proves nothing about Convex's own backend. Must not know: HTTP servers, wallets.
 */

import path from 'node:path';

import { readBundle } from '../../bundle.js';
import { Figures } from './figures.js';
import { IsolateProcess } from './isolate_process.js';
import * as limits from './limits.js';
import { Pool } from './pool.js';
import { misfit } from './validators.js';

/**
 * @typedef {object} StandInOptions
 * @property {string} bundle folder from bundle.js
 * @property {string} databaseFile
 * @property {Record<string, string>} env what process.env holds inside functions
 * @property {number} [heapMb] of the isolates of actions
 * @property {string[]} [without] globals that are taken from actions after the push
 * @property {(call: {path: string, argsJson: string}) => Promise<string>} [runNodeAction]
 * @property {(level: string, line: string) => void} [log]
 *
 * @typedef {{method: string, url: string, headers: [string, string][], body: Uint8Array | null}} HttpRequest
 * @typedef {{status: number, headers: [string, string][], body: Uint8Array}} HttpResponse
 */

export class StandIn {
  /** @param {StandInOptions} options */
  constructor(options) {
    this.options = options;
    this.log = options.log ?? (() => {});
    this.figures = new Figures();
    /** @type {import('./analysis.js').Analysis} */
    this.analysis = { functions: {}, routes: [], seconds: {} };
    /** @type {import('./database.js').Table[]} */
    this.tables = [];
    this.actions = new Pool({
      make: () => this.#isolate({ heapMb: options.heapMb ?? limits.HEAP_MB, without: options.without ?? [] }),
      atMost: limits.ACTIONS_AT_ONCE,
      callsAtMost: limits.CALLS_OF_AN_ACTION_ISOLATE,
    });
    this.transactions = new Pool({
      make: () => this.#databaseIsolate(),
      atMost: 1,
      callsAtMost: limits.CALLS_OF_A_TRANSACTION_ISOLATE,
    });
  }

  /** The push. @throws {Error} if the bundle does not evaluate, or not in time */
  async start() {
    const { digest, modules, tables, bundleBytes, bundleZipBytes } = await readBundle(this.options.bundle);
    this.tables = tables;
    this.nodeModules = new Set(
      modules.filter(({ environment }) => environment === 'node').map(({ path: file }) => file),
    );
    this.push = { pushedAtMs: Date.now(), seed: digest };
    const isolate = this.#isolate({ heapMb: limits.HEAP_MB, without: [] });
    try {
      this.analysis = (await isolate.analyse(limits.ANALYSIS_WALL_S)).value;
    } finally {
      await isolate.kill();
    }
    const analysisS = Math.max(...Object.values(this.analysis.seconds));
    this.figures.pushed({ analysisS, bundleBytes, bundleZipBytes });
    this.actions.warm();
    this.transactions.warm();
  }

  /** @param {HttpRequest} request @returns {Promise<HttpResponse>} @throws {FunctionError} */
  async http({ body, ...request }) {
    if ((body?.length ?? 0) > limits.ARGUMENTS_BYTES) throw new Error('the request is too large');
    const base64 = body === null ? null : Buffer.from(body).toString('base64');
    const job = { udf: /** @type {const} */ ('action'), module: 'http.js', name: null, argsJson: null };
    return this.#action(
      { ...job, request: { ...request, body: base64 } },
      body?.length ?? 0,
      (value) => value.body.length,
    );
  }

  /**
   * Calls a function by name; internal ones too, as the deployment's own code may.
   * @param {'query' | 'mutation' | 'action'} udf @param {string} name "module:export"
   * @param {string} argsJson Convex's JSON of the argument object @returns {Promise<string>} its JSON of the result
   */
  async call(udf, name, argsJson) {
    requireSize(argsJson, limits.ARGUMENTS_BYTES, `the arguments of ${name}`);
    const [file, exported] = name.split(':');
    if (udf === 'action' && this.nodeModules?.has(`${file}.js`)) return this.#nodeAction(name, argsJson);
    this.#requireFunction(udf, name, argsJson);
    const job = { udf, module: `${file}.js`, name: exported, argsJson: `[${argsJson}]`, request: null };
    if (udf === 'action') return this.#action(job, argsJson.length, (value) => value.length);
    const { value } = await this.transactions.use((isolate) => isolate.run(job, limits.TRANSACTION_WALL_S));
    this.figures.transaction(udf, argsJson.length, value.length);
    return requireSize(value, limits.RESULT_BYTES, `the result of ${name}`);
  }

  meter() {
    return { ...this.figures.told(), facts: this.figures.facts() };
  }

  async close() {
    await Promise.all([this.actions.close(), this.transactions.close()]);
  }

  /** @param {import('./call.js').Job} job @param {number} argumentsBytes @param {(value: any) => number} sizeOf */
  async #action(job, argumentsBytes, sizeOf) {
    return this.actions.use(async (isolate) => {
      try {
        const { value, figures } = await isolate.run(job, limits.ACTION_S);
        this.figures.action(figures, argumentsBytes, sizeOf(value));
        return value;
      } catch (error) {
        this.figures.action(/** @type {any} */ (error).figures, argumentsBytes, 0);
        throw error;
      }
    });
  }

  /** @param {string} name @param {string} argsJson */
  async #nodeAction(name, argsJson) {
    if (!this.options.runNodeAction) throw new Error(`${name} is a Node action, and there is no Node runtime here`);
    return this.options.runNodeAction({ path: name, argsJson });
  }

  /** @param {string} udf @param {string} name @param {string} argsJson */
  #requireFunction(udf, name, argsJson) {
    const known = this.analysis.functions[name];
    if (known?.udf !== udf) throw new Error(`there is no ${udf} ${name} in the bundle`);
    const problem = misfit(known.args, JSON.parse(argsJson), 'args');
    if (problem) throw new Error(`ArgumentValidationError: ${name}: ${problem}`);
  }

  /** @param {{heapMb: number, without: string[]}} settings @param {object} [database] */
  #isolate({ heapMb, without }, database = {}) {
    const { bundle, env } = this.options;
    const directory = path.join(bundle, 'isolate');
    const world = { directory, env, without, ...this.push, ...database };
    /** @type {import('./isolate_process.js').Answer} */
    const answer = ({ udf, name, argsJson }) => this.call(udf, name, argsJson);
    return new IsolateProcess({ heapMb, world, answer, log: this.log });
  }

  #databaseIsolate() {
    const { databaseFile } = this.options;
    return this.#isolate({ heapMb: limits.TRANSACTION_HEAP_MB, without: [] }, { databaseFile, tables: this.tables });
  }
}

/** @param {string} text @param {number} limit @param {string} what */
function requireSize(text, limit, what) {
  if (Buffer.byteLength(text) > limit) throw new Error(`${what} would have more than ${limit} bytes`);
  return text;
}
