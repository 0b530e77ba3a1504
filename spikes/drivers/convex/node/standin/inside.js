/**
 * The program inside the Node process: imports the modules of a push and runs their actions.
 *
 * Role: what a Convex "use node" action finds around itself - the globals `Convex`, `require`, `__dirname` and
 * `__filename`, the variables of the deployment, modules that stay loaded from call to call - and how a call ends: with
 * its result, with its error, or, when a promise is rejected and nobody listens, together with the process.
 * Written afresh from what is documented and observed of Convex, for Node 20 and later.
 * Must not know: wallets, HTTP, the host's limits.
 */

import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { frames } from './frames.js';

const HOST_FD = 3;
const [modulesDir] = process.argv.slice(2);
const link = new Socket({ fd: HOST_FD, readable: true, writable: true });
/** @type {Map<number, {resolve: (value: string) => void, reject: (error: Error) => void}>} */
const asked = new Map();
let lastQuestion = 0;

const handlers = { variables, analyze, call, answer };
const send = frames(link, (frame) => handlers[/** @type {keyof typeof handlers} */ (frame.kind)](frame));
link.on('end', () => process.exit(0)); // the host has gone
process.on('unhandledRejection', (reason) => endWith('unhandled rejection', reason));
process.on('uncaughtException', (error) => endWith('uncaught exception', error));

Object.assign(globalThis, {
  Convex: {
    /** @param {string} op */
    syscall: (op) => {
      throw new Error(`syscall ${op} is not there in an action`);
    },
    asyncSyscall,
    /** @param {string} op */
    jsSyscall: (op) => {
      throw new Error(`syscall ${op} is not there in a Node action`);
    },
  },
  // The executor's own place, not the module's: a path built on it finds no file of the bundle.
  __filename: fileURLToPath(import.meta.url),
  __dirname: fileURLToPath(new URL('.', import.meta.url)),
});

/** The deployment's variables; they come by message, so that no process listing shows them. @param {any} frame */
function variables({ values }) {
  Object.assign(process.env, values);
}

/** @param {string} path of a module in the bundle, with its ending @returns {Promise<Record<string, any>>} */
async function load(path) {
  const url = pathToFileURL(join(modulesDir, path));
  Object.assign(globalThis, { require: createRequire(url) });
  return import(url.href);
}

/** What a push does with each module: import it and list its functions. @param {any} frame */
async function analyze({ id, path }) {
  const startMs = performance.now();
  try {
    const module = await load(path);
    const functions = Object.keys(module).filter((name) => module[name]?.isAction === true);
    const seconds = (performance.now() - startMs) / 1000;
    send({ kind: 'analyzed', id, functions, seconds, node: process.versions.node });
  } catch (error) {
    send({ kind: 'failed', id, ...told(error) });
  }
}

/** @param {any} frame */
async function call({ id, path, name, args }) {
  try {
    const action = (await load(path))[name];
    if (action?.isAction !== true) throw new Error(`${path} exports no action ${name}`);
    send({ kind: 'done', id, result: await action.invokeAction(id, args) });
  } catch (error) {
    send({ kind: 'failed', id, ...told(error) });
  }
}

/** `ctx.runQuery` and its like end here. @param {string} op @param {string} args JSON @returns {Promise<string>} */
function asyncSyscall(op, args) {
  lastQuestion += 1;
  const question = lastQuestion;
  return new Promise((resolve, reject) => {
    asked.set(question, { resolve, reject });
    send({ kind: 'syscall', question, op, args });
  });
}

/** @param {any} frame */
function answer({ question, value, error }) {
  const waiting = asked.get(question);
  asked.delete(question);
  if (error === undefined) waiting?.resolve(value);
  else waiting?.reject(Object.assign(new Error(error.message), error.data === undefined ? {} : { data: error.data }));
}

/** @param {string} how @param {unknown} thrown */
function endWith(how, thrown) {
  send({ kind: 'ending', reason: `${how}: ${told(thrown).message}` }, () => process.exit(1));
}

/** @param {any} thrown @returns {{message: string, data?: unknown}} */
function told(thrown) {
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { message, ...(thrown?.data === undefined ? {} : { data: thrown.data }) };
}
