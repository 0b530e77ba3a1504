/**
 * One call of one function, in a context of its own.
 *
 * Role: context, modules, invocation, end. Whatever goes wrong without anybody waiting for it - a rejected promise
 * that nobody handles, an exception in a timer, too many array buffers - ends the call with that error.
 * Must not know: processes, who asks, where the answer goes.
 */

import { HostApi } from './host_api.js';
import { ARRAY_BUFFERS_BYTES, HTTP_RESPONSE_BYTES } from './limits.js';
import { CallMeter } from './meter.js';
import { ModuleGraph } from './modules.js';
import { createRealm } from './realm.js';

/**
 * @typedef {object} Job what to call
 * @property {import('./host_api.js').Udf} udf
 * @property {string} module e.g. "shelf.js"
 * @property {string | null} name of the export; null: the default export is a router, and `request` is routed
 * @property {string | null} argsJson a JSON array with the one argument
 * @property {RequestData | null} request to be routed
 *
 * @typedef {{url: string, method: string, headers: [string, string][], body: string | null}} RequestData body: base64
 *
 * @typedef {object} World what all calls of an isolate share
 * @property {import('./modules.js').ModuleSources} sources
 * @property {Record<string, string>} env of the deployment
 * @property {string[]} without globals that are taken away
 * @property {number} pushedAtMs
 * @property {string} seed
 * @property {(level: string, line: string) => void} log
 *
 * @typedef {{syscall: (op: string, args: string) => string,
 *   asyncSyscall: (op: string, args: string) => string | Promise<string>}} Syscalls
 */

export class Call {
  /** @param {World} world @param {Job} job @param {Syscalls} syscalls */
  constructor(world, job, syscalls) {
    this.job = job;
    this.syscalls = syscalls;
    this.meter = new CallMeter(() => world.sources.heldBytes);
    /** @type {Response | null} */
    this.response = null;
    this.broken = Promise.withResolvers();
    this.broken.promise.catch(() => {});
    const touched = () => this.#sample();
    this.api = new HostApi({ udf: job.udf, pushedAtMs: world.pushedAtMs, seed: world.seed, log: world.log, touched });
    this.context = createRealm({ api: this.#methods(), env: world.env, without: world.without });
    const allowsImport = () => job.udf === 'action';
    this.graph = new ModuleGraph({ sources: world.sources, context: this.context, allowsImport });
  }

  /** @returns {Promise<any>} result JSON text; for a routed request {status, headers, body} */
  async run() {
    const sampling = setInterval(() => this.#sample(), CallMeter.INTERVAL_MS);
    try {
      const result = await Promise.race([this.#invoke(), this.broken.promise]);
      this.#sample();
      return await Promise.race([this.broken.promise, result]); // what broke it in the last moment counts too
    } finally {
      clearInterval(sampling);
      this.api.end();
    }
  }

  /** Ends the call with an error that nobody in it waits for. @param {unknown} reason */
  fail(reason) {
    this.broken.reject(reason);
  }

  /** Evaluates the module only: what a push does to see what it exports. @returns {Promise<any>} its namespace */
  async evaluate() {
    return Promise.race([this.graph.import(this.job.module), this.broken.promise]);
  }

  async #invoke() {
    const { udf, module, name, argsJson, request } = this.job;
    const namespace = await this.graph.import(module);
    this.api.begin();
    if (name === null) return this.#route(namespace.default, request);
    const invoke = { query: 'invokeQuery', mutation: 'invokeMutation', action: 'invokeAction' }[
      /** @type {'query'} */ (udf)
    ];
    const run = namespace[name]?.[invoke];
    if (!run) throw new Error(`${module} exports no ${udf} ${name}`);
    return udf === 'action' ? run('', argsJson) : run(argsJson);
  }

  /** @param {any} router @param {any} request */
  async #route(router, request) {
    await router.runRequest(JSON.stringify(request), new URL(request.url).pathname);
    const response = /** @type {Response} */ (this.response);
    return { status: response.status, headers: [...response.headers], body: await read(response) };
  }

  /** What the prelude calls. */
  #methods() {
    return {
      ...this.api.methods(),
      syscall: (/** @type {string} */ op, /** @type {string} */ args) => {
        try {
          return { value: this.syscalls.syscall(op, args) };
        } catch (error) {
          return { error: /** @type {Error} */ (error).message };
        }
      },
      asyncSyscall: (
        /** @type {string} */ op,
        /** @type {string} */ args,
        /** @type {any} */ done,
        /** @type {any} */ failed,
      ) => this.api.answer(async () => this.#asyncSyscall(op, args), done, failed),
      response: (/** @type {Response} */ response) => void (this.response = response),
      wasmMemory: (/** @type {WebAssembly.Memory} */ memory) => void this.meter.watch(memory),
    };
  }

  /** @param {string} op @param {string} args */
  #asyncSyscall(op, args) {
    if (this.api.importing) throw new Error(`${op} unsupported while evaluating a module`);
    return this.syscalls.asyncSyscall(op, args);
  }

  #sample() {
    if (this.meter.sample() > ARRAY_BUFFERS_BYTES) {
      this.fail(new Error(`ArrayBuffers of the call hold more than ${ARRAY_BUFFERS_BYTES / 2 ** 20} MiB`));
    }
  }
}

/**
 * The whole body, without more copies of it than needed: they would count as the function's.
 * @param {Response} response
 */
async function read(response) {
  const chunks = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > HTTP_RESPONSE_BYTES) throw new Error(`the response has more than ${HTTP_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}
