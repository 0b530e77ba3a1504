/**
 * Runs the CLI of npm `convex` so that it speaks to nobody but the deployment it is given.
 *
 * Role: a folder that looks like a project, and a clean environment. Provisioning and version service are named to be
 * a server of ours that knows nothing, CI=1 keeps the CLI from reporting crashes, and nothing of the caller's
 * environment reaches it. Without a deployment that server is the deployment too. Must not know: bundles, wallets.
 */

import { spawn } from 'node:child_process';
import { access, cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const DRIVERS = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const NODE_MODULES = path.join(DRIVERS, 'node_modules');
/** What functions may be made of. Stand-ins run functions and are no part of them. */
export const SOURCES = ['wallet', 'l402', 'convex', 'node', 'workerd'];
export const NO_SOURCE = new Set(['node_modules', 'standin']);
const DEADLINE_MS = 120_000;
const QUIETLY = ['--typecheck', 'disable', '--codegen', 'disable'];

/** One line that says what to do. */
export class CliError extends Error {}

/**
 * The folder that the CLI takes for the project's: it may write into it. The sources are copied, because it takes a
 * package for external only where the importing file finds the project's own node_modules.
 * @param {string} project a folder of the drivers @param {string} work
 */
export async function layOut(project, work) {
  const isSource = (/** @type {string} */ file) => !NO_SOURCE.has(path.basename(file));
  for (const name of SOURCES) {
    await cp(path.join(DRIVERS, name), path.join(work, name), { recursive: true, filter: isSource });
  }
  const functions = path.relative(DRIVERS, path.join(path.resolve(project), 'convex'));
  const own = path.join(project, 'convex.json');
  const settings = (await exists(own)) ? JSON.parse(await readFile(own, 'utf8')) : {};
  await writeFile(path.join(work, 'convex.json'), JSON.stringify({ ...settings, functions }));
  await cp(path.join(DRIVERS, 'package.json'), path.join(work, 'package.json'));
  await symlink(NODE_MODULES, path.join(work, 'node_modules'), 'dir');
}

/**
 * @param {string[]} command
 * @param {{work: string, deployment?: {url: string, adminKey: string}, input?: string}} options
 *   work: from layOut; input: what it reads from stdin
 * @throws {CliError} if it does not end well
 */
export async function runCli(command, { work, deployment, input }) {
  const program = path.join(NODE_MODULES, 'convex', 'bin', 'main.js');
  if (!(await exists(program))) throw new CliError('npm package convex is not installed; run `make setup`');
  const nobody = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise((resolve) => nobody.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (nobody.address());
  const loopback = `http://127.0.0.1:${port}`;
  try {
    const argv = [program, ...command, ...(command[0] === 'deploy' ? QUIETLY : [])];
    const env = environment(loopback, work, deployment ?? { url: loopback, adminKey: 'offline|00' });
    const { code, said } = await run(argv, { cwd: work, env, input: input ?? '' });
    if (code !== 0) throw new CliError(`convex ${command[0]} failed: ${complaint(said)}; correct the functions`);
  } finally {
    nobody.close();
    nobody.closeAllConnections();
  }
}

/** @param {string} loopback @param {string} work @param {{url: string, adminKey: string}} deployment */
function environment(loopback, work, { url, adminKey }) {
  return {
    PATH: process.env.PATH ?? '',
    HOME: work,
    TMPDIR: work,
    CI: '1',
    NO_COLOR: '1',
    CONVEX_SELF_HOSTED_URL: url,
    CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey,
    CONVEX_PROVISION_HOST: loopback,
    CONVEX_VERSION_API_ORIGIN: loopback,
  };
}

/**
 * @param {string[]} argv @param {{cwd: string, env: Record<string, string>, input: string}} options
 * @returns {Promise<{code: number | null, said: string}>} code null: it took too long and was ended
 */
function run(argv, { input, ...options }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}).end(input); // it need not read it
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    const late = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(late);
      resolve({ code, said: code === null ? `no end within ${DEADLINE_MS / 1000} s\n${said}` : said });
    });
  });
}

/** What the CLI says first that sounds like an error, in one line. @param {string} said */
function complaint(said) {
  const lines = said.split('\n').map((line) => line.trim());
  const first =
    lines.find((line) => /error|no end within|✖ \S/i.test(line)) ?? lines.find(Boolean) ?? 'it said nothing';
  const place = lines[lines.indexOf(first) + 2] ?? '';
  return `${first}${/^\S+:\d+:\d+:$/.test(place) ? ` at ${place.slice(0, -1)}` : ''}`.slice(0, 400);
}

/** @param {string} file */
export function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}
