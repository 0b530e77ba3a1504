/**
 * Pyodide driver: the host around worker.py, as workerd is the host around a Python Worker.
 *
 * Role: host. Loads Pyodide, gives Python what a Worker finds when it is loaded - the JavaScript modules, the SDK's
 * compiled wasm, its settings - and turns each request on a loopback port into a call of `on_fetch(request, env)`.
 * It is Node, not workerd: a Worker's rules (no work of one request in another, no compiling, 128 MB) are not enforced.
 * Must not know: payments, routes, how the wallet is put together.
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { loadPyodide } from 'pyodide';

import { composeDriver } from '../l402/compose.js';
import { fetchHandler } from '../node/fetch_handler.js';
import { endWithParent, keepStdoutForTheReadyLine, watchForDefects } from '../node/process.js';
import * as sdk from '../node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm.js';
import { isAuthorized } from '../wallet/auth.js';
import { errorText } from '../wallet/errors.js';
import errors from '../wallet/errors.json' with { type: 'json' };
import { MemoryShelf } from '../wallet/shelf.js';
import { boxed, partial } from './ffi.js';
import { heapSnapshotBytes } from './heap_snapshot.js';

const SDK = new URL('../node_modules/@breeztech/breez-sdk-spark/web/', import.meta.url);
const SDK_WASM = new URL('breez_sdk_spark_wasm_bg.wasm', SDK);
const WORKER = new URL('worker.py', import.meta.url);

const EXIT_FATAL = 70;

const READY = keepStdoutForTheReadyLine();
watchForDefects();
const server = createServer();
endWithParent(server, process.env.SPARKGATE_LIFELINE === '1');

const env = settings();
const onFetch = await loadWorker();
server.on('request', fetchHandler(answer));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  READY({ event: 'listen', port: typeof address === 'object' ? address?.port : null });
});

/** The driver's settings, as bindings; out of the environment, which Python and whatever is loaded could read. */
function settings() {
  const named = Object.entries(process.env).filter(([name]) => name.startsWith('SPARKGATE_'));
  for (const [name] of named) delete process.env[name];
  return Object.fromEntries(named);
}

/**
 * Pyodide with worker.py in it. The wasm is compiled here, since a Worker may not: it finds its modules compiled.
 * @returns {Promise<(request: Request, env: object) => Promise<Response>>}
 */
async function loadWorker() {
  const pyodide = await loadPyodide({ stdout: console.log, stderr: console.error });
  // After a fatal error no call of Python ends any more; a platform would take such an isolate away.
  pyodide._api.on_fatal = () => process.exit(EXIT_FATAL);
  const sdkModule = new WebAssembly.Module(readFileSync(SDK_WASM));
  const ours = { MemoryShelf, composeDriver, errors, isAuthorized };
  pyodide.registerJsModule('sparkgate', { ...ours, boxed, partial, heapSnapshotBytes, sdk, sdkModule });
  pyodide.FS.writeFile('worker.py', readFileSync(WORKER));
  return pyodide.pyimport('worker').on_fetch;
}

/** What Python throws has no answer of the contract: it is a defect of this driver. @param {Request} request */
async function answer(request) {
  try {
    return await onFetch(request, env);
  } catch (error) {
    console.error(`worker.py: ${errorText(error)}`);
    return new Response(null, { status: 500 });
  }
}
