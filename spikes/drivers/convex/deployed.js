/**
 * A real Convex deployment as a driver: deploys a project to it and forwards the contract to its HTTP actions.
 *
 *   node deployed.js PROJECT      CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY name the deployment
 *
 * Role: host. Sets the SPARKGATE_* variables there (through stdin of the CLI: no secret is part of a command line),
 * pushes the functions, then is a proxy on loopback. What a wallet remembers is told apart by its state directory,
 * which is new in each run. The deployment has to reach the emulated network: it must run on this machine.
 * Must not know: payments, what the functions do.
 */

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createLock } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { fetchHandler } from '../node/fetch_handler.js';
import { endWithParent, keepStdoutForTheReadyLine } from '../node/process.js';
import { errorText } from '../wallet/errors.js';
import { CliError, layOut, runCli } from './cli.js';

/** Variables of this process, which are none of the functions'. */
const NOT_THE_DEPLOYMENTS = /^SPARKGATE_(LIFELINE|STATE_DIR)$/;
/** Of a request to the deployment, and of its answer, that belong to one connection. */
const HOP_BY_HOP = ['connection', 'content-encoding', 'content-length', 'host', 'keep-alive', 'transfer-encoding'];

const READY = keepStdoutForTheReadyLine();
const { CONVEX_SELF_HOSTED_URL: url = '', CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey = '' } = process.env;
const variables = deploymentVariables(process.env);
const hasLifeline = process.env.SPARKGATE_LIFELINE === '1';
for (const name of Object.keys(process.env)) if (/^(SPARKGATE|CONVEX)_/.test(name)) delete process.env[name];

try {
  await takeTheDeployment();
  const actions = await deploy(process.argv[2]);
  const server = createServer(fetchHandler((request) => forward(request, actions)));
  endWithParent(server, hasLifeline);
  server.listen(0, '127.0.0.1', () => {
    READY({ event: 'listen', port: /** @type {import('node:net').AddressInfo} */ (server.address()).port });
  });
} catch (error) {
  const message = error instanceof CliError ? error.message : errorText(error);
  console.error(`the deployment at ${url} cannot be used: ${message}`);
  process.exit(1);
}

/** A deployment holds one project: another driver's push would replace this one's functions under its payments. */
function takeTheDeployment() {
  const name = createHash('sha256').update(url).digest('hex').slice(0, 32);
  return new Promise((resolve, reject) => {
    const busy = new CliError('another driver uses it; run one Convex runtime at a time, by --runtimes');
    // An abstract socket: it goes with this process, however that ends.
    const lock = createLock().once('error', () => reject(busy));
    lock.listen(`\0sparkgate-convex-${name}`, () => resolve(undefined)).unref();
  });
}

/** @param {string} project @returns {Promise<string>} the address of its HTTP actions */
async function deploy(project) {
  const work = await mkdtemp(path.join(tmpdir(), 'convex-project-'));
  const deployment = { url, adminKey };
  try {
    await layOut(project, work);
    const set = (/** @type {string} */ name) =>
      runCli(['env', 'set', name], { work, deployment, input: variables[name] });
    await Promise.all(Object.keys(variables).map(set));
    await runCli(['deploy', '--yes'], { work, deployment });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const headers = { authorization: `Convex ${adminKey}` };
  const answer = await fetch(`${url}/api/v1/get_canonical_urls`, { headers });
  const { convexSiteUrl } = /** @type {any} */ (await answer.json());
  if (typeof convexSiteUrl !== 'string') throw new CliError('it names no address of its HTTP actions');
  return convexSiteUrl.replace(/\/+$/, '');
}

/** @param {Request} request @param {string} actions @returns {Promise<Response>} */
async function forward(request, actions) {
  const { pathname, search } = new URL(request.url);
  const headers = without(request.headers);
  const body = request.body ? await request.arrayBuffer() : null;
  try {
    const { method } = request;
    const answer = await fetch(`${actions}${pathname}${search}`, { method, headers, body, redirect: 'manual' });
    return new Response(answer.body, { status: answer.status, headers: without(answer.headers) });
  } catch (error) {
    const message = `the deployment did not answer: ${errorText(error)}`;
    return Response.json({ error: { requestId: null, code: 'platform_error', message } }, { status: 502 });
  }
}

/** @param {Headers} headers */
function without(headers) {
  const kept = new Headers(headers);
  for (const name of HOP_BY_HOP) kept.delete(name);
  return kept;
}

/** @param {NodeJS.ProcessEnv} env @returns {Record<string, string>} */
function deploymentVariables(env) {
  const own = Object.entries(env).filter(([name]) => name.startsWith('SPARKGATE_') && !NOT_THE_DEPLOYMENTS.test(name));
  const scope = createHash('sha256')
    .update(env.SPARKGATE_STATE_DIR ?? '')
    .digest('hex')
    .slice(0, 16);
  return { .../** @type {Record<string, string>} */ (Object.fromEntries(own)), SPARKGATE_SHELF_SCOPE: scope };
}
