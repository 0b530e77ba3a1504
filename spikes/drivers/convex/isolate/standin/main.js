/**
 * The stand-in as a driver: serves the HTTP actions of a bundle on a loopback port, as a deployment serves them.
 *
 *   node main.js BUNDLE        settings: SPARKGATE_* of the driver contract, which become the deployment's variables
 *
 * SPARKGATE_STANDIN_WITHOUT=NAME,... takes globals from actions and SPARKGATE_STANDIN_HEAP_MB=N shrinks their heap,
 * both after the push: negative controls. GET /standin/meter, with the driver's token, tells what calls have taken.
 * Role: host. Must not know: payments, routes of the contract.
 */

import { createServer } from 'node:http';
import path from 'node:path';

import { isAuthorized } from '../../../wallet/auth.js';
import { errorText } from '../../../wallet/errors.js';
import { fetchHandler } from '../../../node/fetch_handler.js';
import { endWithParent, keepStdoutForTheReadyLine } from '../../../node/process.js';
import { StandIn } from './standin.js';

/** Variables of the process around the functions, which are none of theirs. */
const NOT_THE_DEPLOYMENTS = /^SPARKGATE_(LIFELINE|STATE_DIR|STANDIN_.*)$/;

const READY = keepStdoutForTheReadyLine();
const { SPARKGATE_TOKEN = '', SPARKGATE_STATE_DIR, SPARKGATE_STANDIN_WITHOUT, SPARKGATE_STANDIN_HEAP_MB } = process.env;
const standin = new StandIn({
  bundle: required(process.argv[2], 'name the folder of the bundle'),
  databaseFile: path.join(required(SPARKGATE_STATE_DIR, 'set SPARKGATE_STATE_DIR'), 'convex.sqlite'),
  env: deploymentVariables(),
  ...(SPARKGATE_STANDIN_HEAP_MB ? { heapMb: Number(SPARKGATE_STANDIN_HEAP_MB) } : {}),
  without: SPARKGATE_STANDIN_WITHOUT?.split(',') ?? [],
  log: (level, line) => console.error(`[${level}] ${line}`),
});
const server = createServer(fetchHandler(handle));
endWithParent(server, process.env.SPARKGATE_LIFELINE === '1');
for (const name of Object.keys(process.env)) if (name.startsWith('SPARKGATE_')) delete process.env[name];

try {
  await standin.start();
} catch (error) {
  console.error(`the bundle cannot be pushed: ${errorText(error)}; correct its functions`);
  process.exit(1);
}
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  READY({ event: 'listen', port: typeof address === 'object' ? address?.port : null });
});

/** @param {Request} request @returns {Promise<Response>} */
async function handle(request) {
  if (new URL(request.url).pathname === '/standin/meter') return meter(request);
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : null;
  try {
    const { method, url, headers } = request;
    const answer = await standin.http({ method, url, headers: [...headers], body });
    return new Response(/** @type {any} */ (answer.body), { status: answer.status, headers: answer.headers });
  } catch (error) {
    const message = errorText(error);
    console.error(`[uncaught] ${message}`);
    return Response.json({ error: { requestId: null, code: 'platform_error', message } }, { status: 500 });
  }
}

/** @param {Request} request */
async function meter(request) {
  if (!(await isAuthorized(request.headers.get('authorization'), SPARKGATE_TOKEN))) {
    return Response.json({ error: { code: 'unauthorized', message: 'show the bearer token' } }, { status: 401 });
  }
  return Response.json({ ok: true, ...standin.meter() });
}

/** @returns {Record<string, string>} */
function deploymentVariables() {
  const own = Object.entries(process.env).filter(
    ([name]) => name.startsWith('SPARKGATE_') && !NOT_THE_DEPLOYMENTS.test(name),
  );
  return /** @type {Record<string, string>} */ (Object.fromEntries(own));
}

/** @param {string | undefined} value @param {string} what @returns {string} */
function required(value, what) {
  if (value) return value;
  console.error(`the stand-in cannot start: ${what}`);
  return process.exit(1);
}
