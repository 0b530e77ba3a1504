/**
 * A fresh context for one call: what a function sees as its world.
 *
 * Role: makes the context, runs the prelude in it, hands it what may come from the host. Nothing of Node is in the
 * context but what is named here. Must not know: bundles, databases.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const FILE = new URL('prelude.js', import.meta.url);
const PRELUDE = new vm.Script(readFileSync(FILE, 'utf8'), { filename: 'convex/prelude.js' });

/** Web classes and functions of Node that serve as they are. */
const PASSED_ON = [
  ...['Headers', 'Response', 'FormData', 'Blob', 'File', 'URL', 'URLSearchParams', 'DOMException'],
  ...['ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamDefaultController'],
  ...['ReadableByteStreamController', 'ReadableStreamBYOBRequest', 'WritableStream', 'WritableStreamDefaultWriter'],
  ...['WritableStreamDefaultController', 'TransformStream', 'TransformStreamDefaultController'],
  ...['ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'TextDecoder', 'TextEncoderStream', 'TextDecoderStream'],
  ...['AbortController', 'AbortSignal', 'Event', 'EventTarget', 'atob', 'btoa', 'AsyncLocalStorage'],
];
/** For the prelude's own use. */
const BUILT_ON = ['Request', 'TextEncoder', 'structuredClone', 'crypto', 'performance'];
const SHARED_INTRINSICS = [
  ...['Object', 'Function', 'Array', 'Promise', 'Map', 'Set', 'Date', 'ArrayBuffer', 'Uint8Array'],
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError'],
];
/** No wrapKey, no unwrapKey. */
const SUBTLE = [
  ...['digest', 'encrypt', 'decrypt', 'sign', 'verify', 'generateKey', 'importKey', 'exportKey'],
  ...['deriveBits', 'deriveKey'],
];

const NODE = Object.fromEntries(
  [...PASSED_ON, ...BUILT_ON, ...SHARED_INTRINSICS].map((name) => [
    name,
    name === 'AsyncLocalStorage' ? AsyncLocalStorage : /** @type {any} */ (globalThis)[name],
  ]),
);

/**
 * @param {{api: Record<string, any>, env: Record<string, string>, without: string[]}} options
 *   api: functions for the prelude (HostApi.methods, system calls); without: globals taken away, to see what happens
 * @returns {vm.Context}
 */
export function createRealm({ api, env, without }) {
  const offered = { node: NODE, passedOn: PASSED_ON, sharedIntrinsics: SHARED_INTRINSICS, subtle: SUBTLE };
  const globals = { host: { ...offered, env, without, ...api } };
  const context = vm.createContext(globals, { codeGeneration: { strings: false, wasm: true } });
  PRELUDE.runInContext(context);
  return context;
}
