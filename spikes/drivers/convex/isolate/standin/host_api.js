/**
 * What one call may ask of its host: the network, timers, chance, the clock, the log.
 *
 * Role: keeps the rules of the phase. While a module is imported the clock stands still, chance is the same for a
 * whole push, and nothing may be started; a query or mutation never starts anything; an action may. When the call is
 * over everything that it started is dropped: a timer never fires, a fetch never answers, and no promise of it
 * settles any more. Must not know: what is called, how its answer travels.
 */

import { createHash, randomUUID, webcrypto } from 'node:crypto';
import { format } from 'node:util';

import { LOG_LINES, LOG_LINE_CHARACTERS, REDIRECTS } from './limits.js';

/** Only loopback is reachable: nothing that runs here may speak to anybody else. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const REDIRECTING = new Set([301, 302, 303, 307, 308]);
const QUOTA_BYTES = 65_536;

/**
 * @typedef {'analysis' | 'query' | 'mutation' | 'action'} Udf
 * @typedef {(value: any) => void} Done
 * @typedef {(error: {name: string, message: string}) => void} Failed
 */

export class HostApi {
  /**
   * @param {{udf: Udf, pushedAtMs: number, seed: string, log: (level: string, line: string) => void,
   *   touched: () => void}} options
   *   seed: of chance where it is fixed; touched: called whenever the function comes to the host, to measure by
   */
  constructor({ udf, pushedAtMs, seed, log, touched }) {
    this.udf = udf;
    this.pushedAtMs = pushedAtMs;
    this.startedAtMs = Date.now();
    this.writeLog = log;
    this.touched = touched;
    this.importing = true;
    this.ended = false;
    this.lines = 0;
    this.chance = new SeededChance(seed);
    this.drop = new AbortController();
    /** @type {Map<number, NodeJS.Timeout>} */
    this.timers = new Map();
    this.lastTimer = 0;
  }

  /** The modules are evaluated: the function itself begins. */
  begin() {
    this.importing = false;
  }

  end() {
    this.ended = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.drop.abort();
  }

  /** What the prelude calls. */
  methods() {
    return {
      now: () => (this.importing ? this.pushedAtMs : this.udf === 'action' ? Date.now() : this.startedAtMs),
      stopwatch: () => (this.#standsStill() ? 0 : performance.now()),
      randomNumber: () => (this.#standsStill() ? this.chance.number() : undefined),
      randomBytes: (/** @type {any} */ view) => this.#randomBytes(view),
      randomUUID: () => (this.#standsStill() ? this.chance.uuid() : randomUUID()),
      startTimer: (/** @type {() => void} */ work, /** @type {number} */ ms, /** @type {boolean} */ again) =>
        this.#startTimer(work, ms, again),
      stopTimer: (/** @type {number} */ id) => this.#stopTimer(id),
      fetch: (/** @type {Request} */ request, /** @type {Done} */ done, /** @type {Failed} */ failed) =>
        this.answer(() => this.#fetch(request), done, failed),
      log: (/** @type {string} */ level, /** @type {unknown[]} */ values) => this.#log(level, values),
    };
  }

  /**
   * Lets the function have the outcome of asynchronous work, unless it is over by then.
   * @param {() => Promise<any>} work @param {Done} done @param {Failed} failed
   */
  async answer(work, done, failed) {
    this.touched();
    let settle;
    try {
      const value = await work();
      settle = () => done(value);
    } catch (error) {
      const { name, message } = /** @type {Error} */ (error);
      settle = () => failed({ name, message });
    }
    this.touched();
    if (!this.ended) settle();
  }

  /** @param {string} what @throws {Error} unless this is an action under way */
  requireAction(what) {
    if (this.importing) throw new Error(`${what} unsupported while evaluating a module`);
    if (this.udf !== 'action') throw new Error(`Can't use ${what} in queries and mutations. Please use an action.`);
  }

  #standsStill() {
    return this.importing || this.udf !== 'action';
  }

  /** @param {any} view */
  #randomBytes(view) {
    if (!this.#standsStill()) return webcrypto.getRandomValues(view);
    if (view.byteLength > QUOTA_BYTES) throw new DOMException('too many random bytes at once', 'QuotaExceededError');
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(this.chance.bytes(view.byteLength));
    return view;
  }

  /** @param {() => void} work @param {number} ms @param {boolean} again */
  #startTimer(work, ms, again) {
    this.requireAction('a timer');
    const id = (this.lastTimer += 1);
    const run = () => {
      if (!again) this.timers.delete(id);
      this.touched();
      if (!this.ended) work();
    };
    this.timers.set(id, again ? setInterval(run, ms) : setTimeout(run, ms));
    return id;
  }

  /** @param {number} id */
  #stopTimer(id) {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
  }

  /** @param {Request} request */
  async #fetch(request) {
    this.requireAction('fetch');
    request.headers.set('user-agent', 'Convex/1.0');
    const signal = AbortSignal.any([request.signal, this.drop.signal]);
    let next = request;
    for (let redirects = 0; redirects <= REDIRECTS; redirects += 1) {
      requireReachable(next.url);
      const response = await send(next, signal);
      const place = response.headers.get('location');
      if (request.redirect !== 'follow' || !REDIRECTING.has(response.status) || place === null) return response;
      if (!/^(GET|HEAD)$/.test(request.method))
        throw new TypeError('a redirected request with a body is not sent again');
      await response.body?.cancel();
      next = new Request(new URL(place, next.url), { method: request.method, headers: request.headers });
    }
    throw new TypeError(`more than ${REDIRECTS} redirects`);
  }

  /** @param {string} level @param {unknown[]} values */
  #log(level, values) {
    this.lines += 1;
    if (this.lines > LOG_LINES) return;
    const line = this.lines === LOG_LINES ? 'log lines beyond this one are dropped' : format(...values);
    this.writeLog(level, line.slice(0, LOG_LINE_CHARACTERS));
  }
}

/** @param {string} url */
function requireReachable(url) {
  const { protocol, hostname } = new URL(url);
  if (!/^https?:$/.test(protocol)) throw new TypeError(`fetch knows http and https, not ${protocol}`);
  if (!LOOPBACK.has(hostname)) throw new TypeError(`the stand-in reaches loopback only, not ${hostname}`);
}

/** @param {Request} request @param {AbortSignal} signal */
async function send(request, signal) {
  try {
    return await fetch(request, { signal, redirect: request.redirect === 'error' ? 'error' : 'manual' });
  } catch (error) {
    const { name, message, cause } = /** @type {Error & {cause?: any}} */ (error);
    throw Object.assign(new Error(cause?.message ?? message), { name: name === 'AbortError' ? name : 'TypeError' });
  }
}

/** The same numbers for the same seed: SHA-256 in counter mode. Not for secrets, and so it is at import on Convex. */
class SeededChance {
  /** @param {string} seed */
  constructor(seed) {
    this.seed = seed;
    this.counter = 0;
    this.stock = Buffer.alloc(0);
  }

  /** @param {number} count @returns {Buffer} */
  bytes(count) {
    const parts = [this.stock];
    for (let length = this.stock.length; length < count; length += 32) {
      this.counter += 1;
      parts.push(createHash('sha256').update(`${this.seed} ${this.counter}`).digest());
    }
    const all = Buffer.concat(parts);
    this.stock = all.subarray(count);
    return all.subarray(0, count);
  }

  number() {
    return this.bytes(6).readUIntBE(0, 6) / 2 ** 48;
  }

  uuid() {
    const hex = this.bytes(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
