/**
 * The ledger of host needs: every import that the SDK calls, counted by phase while it works.
 *
 * Role: stands between the SDK's wasm and its JavaScript glue. It replaces what instantiates wasm, once, and then
 * passes every call on unchanged; attempts to generate code are counted too. Only a run of its own is watched
 * (inspection.js): a payment run has none of this.
 * Must not know: which host API an import stands for (inspections/host_apis.json), what a phase does.
 */

import { OpenWork } from './open_work.js';

/** The namespace of the SDK's imports. Other wasm in the same realm (the host's, Pyodide's) has other ones. */
const SDK_NAMESPACE = './breez_sdk_spark_wasm_bg.js';
/** What the glue has needed before the first import can be called: it makes one of each when it is loaded. */
const GLUE_NEEDS = ['glue:TextDecoder', 'glue:TextEncoder', 'glue:WebAssembly.Instance'];
export const FIRST_PHASE = 'build';
/** Calls that come while no request is being served. */
const IDLE = 'idle';

/** @typedef {Record<string, Record<string, number>>} Counts phase -> import -> calls */

export class HostLedger {
  constructor() {
    this.openWork = new OpenWork();
    this.phase = FIRST_PHASE;
    this.requests = 0;
    this.noted = emptyNote();
  }

  /** @param {string} name of an import, as in the wasm */
  count(name) {
    const calls = (this.noted.counts[this.requests ? this.phase : IDLE] ??= {});
    calls[name] = (calls[name] ?? 0) + 1;
  }

  /** @param {string} phase that a request begins in */
  enter(phase) {
    this.phase = phase;
    this.requests += 1;
  }

  /** A request is answered: what the SDK has left open is noted. */
  leave() {
    this.requests -= 1;
    const { timers, fetches } = this.openWork.leftOver();
    this.noted.timersLeft = Math.max(this.noted.timersLeft, timers);
    this.noted.fetchesLeft = Math.max(this.noted.fetchesLeft, fetches);
  }

  /** What was noted since the last taking. */
  take() {
    const { noted } = this;
    this.noted = emptyNote();
    return noted;
  }
}

function emptyNote() {
  return { counts: /** @type {Counts} */ ({}), codeGenerations: 0, timersLeft: 0, fetchesLeft: 0 };
}

/** @type {HostLedger | undefined} */
let ledger;

/**
 * Starts watching this realm; must come before the SDK is instantiated. Once is enough: a second call finds the
 * same ledger, because a process that serves every call anew may keep the SDK's instance.
 * @returns {HostLedger}
 */
export function watchHost() {
  if (!ledger) {
    ledger = new HostLedger();
    if (typeof WebAssembly === 'object') watchWebAssembly(ledger); // without it, the SDK's own failure says so
    watchCodeFromStrings(ledger);
  }
  return ledger;
}

/** @param {HostLedger} book */
function watchWebAssembly(book) {
  const { Instance, Module, instantiate, compile } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, [module, imports], asked) => Reflect.construct(target, [module, watched(imports, book)], asked),
  });
  WebAssembly.Module = watchedMaker(Module, book);
  WebAssembly.compile = watchedMaker(compile, book);
  WebAssembly.instantiate = new Proxy(/** @type {any} */ (instantiate), {
    apply(target, self, [source, imports, ...rest]) {
      if (!(source instanceof Module)) noticeGeneration(book, new Error().stack);
      return Reflect.apply(target, self, [source, watched(imports, book), ...rest]);
    },
  });
}

/** eval, and the constructors of all four kinds of function. @param {HostLedger} book */
function watchCodeFromStrings(book) {
  globalThis.eval = watchedMaker(globalThis.eval, book);
  for (const sample of [() => {}, async () => {}, function* () {}, async function* () {}]) {
    const prototype = Object.getPrototypeOf(sample);
    const maker = watchedMaker(prototype.constructor, book);
    Object.defineProperty(prototype, 'constructor', { value: maker, configurable: true, writable: true });
    if (prototype === Function.prototype) globalThis.Function = maker;
  }
}

/** @param {any} maker of code @param {HostLedger} book @returns {any} */
function watchedMaker(maker, book) {
  return new Proxy(maker, {
    apply(target, self, args) {
      noticeGeneration(book, new Error().stack);
      return Reflect.apply(target, self, args);
    },
    construct(target, args, asked) {
      noticeGeneration(book, new Error().stack);
      return Reflect.construct(target, args, asked);
    },
  });
}

/**
 * What Node's own fetch compiles for itself is no need of the SDK.
 * @param {HostLedger} book @param {string | undefined} stack of the trap, so that its third line is the caller
 */
function noticeGeneration(book, stack) {
  const caller = String(stack).split('\n')[2] ?? '';
  if (!caller.includes('(node:')) book.noted.codeGenerations += 1;
}

/**
 * The SDK's imports, each counted and passed on with its `this`, its arguments, its result and its exceptions.
 * @param {any} imports @param {HostLedger} book @returns {any}
 */
function watched(imports, book) {
  const named = imports?.[SDK_NAMESPACE];
  if (!named) return imports;
  for (const need of GLUE_NEEDS) book.count(need);
  /** @param {[string, any]} entry */
  const entry = ([name, value]) => [name, typeof value === 'function' ? passedOn(name, value, book) : value];
  return { ...imports, [SDK_NAMESPACE]: Object.fromEntries(Object.entries(named).map(entry)) };
}

/** @param {string} name @param {(...args: any[]) => any} call @param {HostLedger} book */
function passedOn(name, call, book) {
  const started = book.openWork.watched(name, call);
  /** @this {unknown} @param {any[]} args */
  return function (...args) {
    book.count(name);
    return Reflect.apply(started, this, args);
  };
}
