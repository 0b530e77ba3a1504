/**
 * The stand-in of a Convex deployment whose wallet is a "use node" action: `host.js ROUTE NODE`.
 *
 * Role: host. Pushes a route (bundle, analysis), then serves the deployment's HTTP actions on a loopback port: http.js
 * runs in the V8 stand-in, the Node action that it calls in the executor, and what that asks of the database goes back
 * to the V8 stand-in. Written afresh; nothing of Convex's backend is in it.
 * Must not know: payments, routes of the contract.
 */

import { createServer } from 'node:http';
import { join } from 'node:path';

import { fetchHandler } from '../../../node/fetch_handler.js';
import { endWithParent, keepStdoutForTheReadyLine, watchForDefects } from '../../../node/process.js';
import { isAuthorized } from '../../../wallet/auth.js';
import { errorText } from '../../../wallet/errors.js';
import { redact } from '../../../wallet/redaction.js';
import { StandIn } from '../../isolate/standin/standin.js';
import { NodeExecutor } from './executor.js';
import { runFacts, sizeFacts } from './facts.js';
import { prepare } from './prepare.js';
import { layOut } from './push.js';

/**
 * What an action may ask of the backend, and the kind of function that answers it.
 * @type {Map<string, 'query' | 'mutation' | 'action'>}
 */
const SYSCALLS = new Map([
  ['1.0/actions/query', 'query'],
  ['1.0/actions/mutation', 'mutation'],
  ['1.0/actions/action', 'action'],
]);
const ABOUT_THE_HOST = new Set(['SPARKGATE_STATE_DIR', 'SPARKGATE_LIFELINE']);

/**
 * @typedef {object} Deployment
 * @property {StandIn} standin
 * @property {NodeExecutor} executor
 * @property {import('./prepare.js').Prepared} prepared
 * @property {string} token
 * @property {string} node its version
 */

/** The variables of the deployment: what its owner would have set with the CLI. @param {NodeJS.ProcessEnv} env */
function deploymentVariables(env) {
  const own = Object.entries(env).filter(([name]) => name.startsWith('SPARKGATE_') && !ABOUT_THE_HOST.has(name));
  return /** @type {Record<string, string>} */ (Object.fromEntries(own));
}

/**
 * @param {{route: string, node: string, stateDir: string, variables: Record<string, string>}} order
 * @returns {Promise<Deployment>} rejects, in one line, if the push is refused
 */
async function push({ route, node, stateDir, variables }) {
  const prepared = await prepare(route);
  /** @param {string} line */
  const log = (line) => void process.stderr.write(`${redact(line)}\n`);
  /** @type {NodeExecutor} */
  const executor = new NodeExecutor({
    node,
    push: layOut(prepared.bundle, join(stateDir, 'node-action')),
    variables,
    onSyscall: (op, { name, args }) => {
      const kind = SYSCALLS.get(op);
      if (!kind) throw new Error(`the stand-in has no ${op}; teach host.js about it`);
      return standin.call(kind, name, JSON.stringify(args));
    },
    log,
  });
  /** @type {StandIn} */
  const standin = new StandIn({
    bundle: prepared.bundle.directory,
    databaseFile: join(stateDir, 'database.sqlite'),
    env: variables,
    runNodeAction: ({ path, argsJson }) => executor.call(path, argsJson),
    log: (level, line) => log(`[${level}] ${line}`),
  });
  await Promise.all([executor.analyze(), standin.start()]);
  return { standin, executor, prepared, token: variables.SPARKGATE_TOKEN ?? '', node: executor.version };
}

/** @param {Deployment} deployment @returns {(request: Request) => Promise<Response>} */
function serve(deployment) {
  return async (request) => {
    const { method, url, headers } = request;
    if (method === 'GET' && new URL(url).pathname === '/standin/meter') return meter(deployment, request);
    const body = request.body ? new Uint8Array(await request.arrayBuffer()) : null;
    try {
      const answer = await deployment.standin.http({ method, url, headers: [...headers], body });
      return new Response(/** @type {any} */ (answer.body), { status: answer.status, headers: answer.headers });
    } catch (error) {
      const message = `the deployment gave no answer: ${errorText(error)}`;
      console.error(message);
      return Response.json({ ok: false, error: { requestId: null, code: 'internal_error', message } }, { status: 500 });
    }
  };
}

/** @param {Deployment} deployment @param {Request} request */
async function meter({ executor, prepared, token, node }, request) {
  if (!(await isAuthorized(request.headers.get('authorization'), token))) {
    return Response.json(
      { ok: false, error: { code: 'unauthorized', message: 'show the bearer token' } },
      { status: 401 },
    );
  }
  const { bundle, external } = prepared;
  return Response.json({
    ok: true,
    facts: [...runFacts(executor.figures, node), ...sizeFacts(prepared)],
    ...executor.figures,
    bundleBytes: bundle.bundleBytes,
    bundleZipBytes: bundle.bundleZipBytes,
    externalZipBytes: external.zipBytes,
    externalUnzippedBytes: external.unzippedBytes,
    node,
  });
}

const READY = keepStdoutForTheReadyLine();
watchForDefects();
const [route, node] = process.argv.slice(2);
const variables = deploymentVariables(process.env);
const stateDir = process.env.SPARKGATE_STATE_DIR ?? '.';
const server = createServer();
endWithParent(server, process.env.SPARKGATE_LIFELINE === '1');
// Secrets are read: they belong to the deployment, not to the processes that are started from here.
for (const name of Object.keys(variables)) delete process.env[name];
try {
  server.on('request', fetchHandler(serve(await push({ route, node, stateDir, variables }))));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    READY({ event: 'listen', port: typeof address === 'object' ? address?.port : null });
  });
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exit(1);
}
