/**
 * A child process that is one isolate: one call at a time, each in a fresh context, under a cap on its heap.
 *
 * Role: the child's side of isolate_process.js. Three uses: the analysis of a push, queries and mutations (with the
 * database), actions. It ends with its parent. Must not know: HTTP servers, other isolates.
 */

import { Worker } from 'node:worker_threads';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';

import { analyse } from './analysis.js';
import { Call } from './call.js';
import { Database } from './database.js';
import { TRANSACTION_CPU_S } from './limits.js';
import { ModuleSources } from './modules.js';
import { TransactionCalls } from './transactions.js';

// A thread waits for the end of stdin, so that a call that never yields cannot outlive the parent.
const LIFELINE = `
  try {
    while (require('node:fs').readSync(0, Buffer.alloc(64)) > 0);
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }`;
new Worker(LIFELINE, { eval: true, stdin: false }).unref();
const collectGarbage = garbageCollector();

/** @type {import('./call.js').World} */
let world;
/** @type {Database | null} */
let database = null;
/** @type {Call | null} */
let current = null;
/** @type {Map<number, {resolve: (value: string) => void, reject: (error: Error) => void}>} */
const asked = new Map();
let lastQuestion = 0;

process.on('unhandledRejection', (reason, promise) => fail(reason, promise));
process.on('uncaughtException', (error) => fail(error, null));
process.on('message', (/** @type {any} */ message) => {
  switch (message.type) {
    case 'world':
      return setUp(message);
    case 'analyse':
      return answer(async () => ({ value: await analyse(world), figures: null }));
    case 'run':
      return answer(() => run(message.job));
    case 'reply':
      return reply(message);
  }
});

/** @param {any} message */
function setUp({ directory, databaseFile, tables, ...rest }) {
  const log = (/** @type {string} */ level, /** @type {string} */ line) => send({ type: 'log', level, line });
  world = { ...rest, sources: new ModuleSources(directory), log };
  if (databaseFile) database = new Database({ file: databaseFile, tables });
}

/** @param {import('./call.js').Job} job */
async function run(job) {
  const isTransaction = job.udf === 'query' || job.udf === 'mutation';
  const call = new Call(world, job, isTransaction ? transactionCalls(job) : { syscall: noSyscall, asyncSyscall: ask });
  const work = async () => {
    const value = await call.run();
    if (!isTransaction || call.meter.cpuS() <= TRANSACTION_CPU_S) return value;
    throw new Error(`Function execution timed out (maximum duration: ${TRANSACTION_CPU_S}s)`);
  };
  current = call;
  try {
    const value = job.udf === 'mutation' && database ? await database.atomically(work) : await work();
    return { value, figures: call.meter.figures() };
  } catch (error) {
    return { error: text(error), figures: call.meter.figures() };
  } finally {
    current = null;
  }
}

/** @param {import('./call.js').Job} job */
function transactionCalls(job) {
  if (!database) throw new Error('this isolate has no database');
  return new TransactionCalls({ database, writes: job.udf === 'mutation' });
}

/** @param {string} op @returns {never} */
function noSyscall(op) {
  throw new Error(`the stand-in has no ${op} in actions; teach isolate.js about it`);
}

/**
 * A function called by an action: somebody else runs it.
 * @param {string} op @param {string} argsJson @returns {Promise<string>}
 */
function ask(op, argsJson) {
  const udf = /^1\.0\/actions\/(query|mutation|action)$/.exec(op)?.[1];
  if (!udf) return noSyscall(op);
  const { name, args } = JSON.parse(argsJson);
  const question = (lastQuestion += 1);
  send({ type: 'ask', question, udf, name, argsJson: JSON.stringify(args) });
  return new Promise((resolve, reject) => asked.set(question, { resolve, reject }));
}

/** @param {{question: number, value?: string, error?: string}} message */
function reply({ question, value, error }) {
  const waiting = asked.get(question);
  asked.delete(question);
  if (error === undefined) waiting?.resolve(/** @type {string} */ (value));
  else waiting?.reject(new Error(error));
}

/** @param {() => Promise<{value?: any, error?: string, figures: any}>} work */
async function answer(work) {
  try {
    send({ type: 'done', ...(await work()) });
  } catch (error) {
    send({ type: 'done', error: text(error), figures: null });
  }
  asked.clear();
  if (!database) collectGarbage();
}

/**
 * What nobody handled. It ends the call. A promise of a call that is over is nobody's; an exception is then our own.
 * @param {unknown} reason @param {Promise<unknown> | null} promise null: an exception
 */
function fail(reason, promise) {
  if (promise === null && !current) throw reason;
  if (!current) return;
  const ofThisContext = promise === null || promise instanceof Promise || belongs(promise, current.context);
  if (ofThisContext) current.fail(reason);
}

/** @param {Promise<unknown>} promise @param {vm.Context} context */
function belongs(promise, context) {
  return Object.getPrototypeOf(promise) === vm.runInContext('Promise.prototype', context);
}

/** @param {unknown} error */
function text(error) {
  const { name, message } = /** @type {any} */ (error) ?? {};
  return `Uncaught ${typeof message === 'string' ? `${name ?? 'Error'}: ${message}` : String(error)}`;
}

/** @param {any} message */
function send(message) {
  process.send?.(message);
}

/** Called between calls, so that what one leaves behind is not counted as the next one's. @returns {() => void} */
function garbageCollector() {
  setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  setFlagsFromString('--no-expose-gc'); // contexts made from here on have no such global
  return collect;
}
