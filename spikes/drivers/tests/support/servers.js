/** Servers and driver processes for tests: on loopback, on a port of their own, ended with the test. */

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { fetchHandler } from '../../node/fetch_handler.js';

/**
 * @param {import('node:test').TestContext} t @param {(request: Request) => Promise<Response>} handle
 * @returns {Promise<string>} its URL
 */
export async function serve(t, handle) {
  const server = createServer(fetchHandler(handle));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`;
}

/**
 * Starts a process that announces its port in a JSON line on the file descriptor `announceOn`.
 * @param {import('node:test').TestContext} t
 * @param {{command: string, args: string[], env: Record<string, string>, announceOn: 1 | 3}} options
 */
export async function startDriver(t, { command, args, env, announceOn }) {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const announcements = createInterface({ input: /** @type {any} */ (child.stdio[announceOn]) });
  const line = await new Promise((resolve, reject) => {
    announcements.once('line', resolve);
    exited.then((end) => reject(new Error(`ended before it was ready: ${JSON.stringify(end)} ${output.stderr}`)));
  });
  const { port } = JSON.parse(line);
  /** @param {string} path @param {any} [body] @param {string} [token] */
  const ask = async (path, body, token = env.SPARKGATE_TOKEN) => {
    const init = {
      headers: { authorization: `Bearer ${token}` },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, body: /** @type {any} */ (await response.json()) };
  };
  return { child, exited, output, ask, url: `http://127.0.0.1:${port}`, announcement: JSON.parse(line) };
}
