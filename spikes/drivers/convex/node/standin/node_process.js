/**
 * One Node process of the executor, seen from the host: started, asked, ended.
 *
 * Role: gives it the environment that Convex gives (PATH, PWD, LANG, NODE_PATH, TZ, UTC and the deployment's own
 * variables, nothing else), carries calls and syscalls over a pipe, and fails every open call when the process ends.
 * Must not know: which calls are made, what they cost, what a limit is.
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { frames } from './frames.js';

const INSIDE = fileURLToPath(new URL('inside.js', import.meta.url));
/** A process that dies takes its peak with it, so it is also read while a call runs. */
const SAMPLE_MS = 50;
const PASSED_ON = ['PATH', 'LANG', 'NODE_PATH', 'TZ', 'UTC'];

/**
 * @typedef {object} Place where and as what a process runs
 * @property {string} node path of the Node binary
 * @property {string} modulesDir
 * @property {string} directory its working directory
 * @property {Record<string, string>} variables of the deployment
 * @property {number} oldSpaceMb
 * @property {(op: string, args: any) => Promise<string>} onSyscall answers JSON text, or throws
 * @property {(line: string) => void} log whole lines, so that a secret cannot hide between two
 *
 * @typedef {{resolve: (frame: any) => void, reject: (error: Error) => void}} Waiting
 */

/** The process ended while it was needed. */
export class ProcessEnded extends Error {}

export class NodeProcess {
  /** @param {Place} place */
  constructor(place) {
    this.place = place;
    /** @type {Map<string, Waiting>} */
    this.calls = new Map();
    this.peakRssBytes = 0;
    /** @type {string | null} why it is of no use any more */
    this.end = null;
    this.child = spawn(place.node, [`--max-old-space-size=${place.oldSpaceMb}`, INSIDE, place.modulesDir], {
      cwd: place.directory,
      env: environment(place.directory),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    for (const input of [this.child.stdout, this.child.stderr]) {
      if (input) createInterface({ input }).on('line', (line) => place.log(line));
    }
    const link = /** @type {import('node:stream').Duplex} */ (this.child.stdio[3]);
    link.on('error', () => {}); // the process has gone; `close` tells how
    this.send = frames(link, (frame) => this.#hear(frame));
    /** @type {Promise<void>} rejects if there is no such program */
    this.started = new Promise((resolve, reject) => {
      this.child.on('spawn', resolve);
      this.child.on('error', ({ message }) => {
        this.#over(`Node cannot be started: ${message}; run \`make setup\``);
        reject(new ProcessEnded(/** @type {string} */ (this.end)));
      });
    });
    this.started.catch(() => {}); // whoever asks it something hears of it too
    /** @type {Promise<void>} */
    this.closed = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        this.#over(`the Node process ended with ${signal ?? `status ${code}`}`);
        resolve();
      });
    });
    this.send({ kind: 'variables', values: place.variables });
  }

  get alive() {
    return this.end === null;
  }

  /**
   * @param {{kind: 'analyze' | 'call', id: string} & Record<string, unknown>} frame
   * @param {number} timeoutMs after which the process is ended
   * @returns {Promise<any>} the process's answer
   */
  async ask(frame, timeoutMs) {
    if (this.end !== null) throw new ProcessEnded(this.end);
    const timer = setTimeout(() => {
      this.#over(`no answer within ${timeoutMs / 1000} s`);
      this.child.kill('SIGKILL');
    }, timeoutMs);
    const sampler = setInterval(() => this.measure(), SAMPLE_MS);
    try {
      return await new Promise((resolve, reject) => {
        this.calls.set(frame.id, { resolve, reject });
        this.send(frame);
      });
    } finally {
      clearTimeout(timer);
      clearInterval(sampler);
      this.calls.delete(frame.id);
      this.measure();
    }
  }

  /** Reads the peak of its resident memory; it only grows, so the last reading is the largest. */
  measure() {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
      const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
      if (match) this.peakRssBytes = Number(match[1]) * 1024;
    } catch {
      // It has ended, or this machine has no /proc: the last reading stays.
    }
  }

  /** Ends it at once. */
  async stop() {
    this.#over('the host ended the Node process');
    this.child.kill('SIGKILL');
    await this.closed;
  }

  /** @param {any} frame */
  #hear(frame) {
    if (frame.kind === 'syscall') return void this.#answer(frame);
    if (frame.kind === 'ending') return this.#over(`the Node process ended: ${frame.reason}`);
    const waiting = this.calls.get(frame.id);
    if (frame.kind !== 'failed') return waiting?.resolve(frame);
    return waiting?.reject(
      Object.assign(new Error(frame.message), frame.data === undefined ? {} : { data: frame.data }),
    );
  }

  /** A call's context is good as long as the call runs, and no longer. @param {any} frame */
  async #answer({ question, op, args }) {
    const parsed = JSON.parse(args);
    try {
      if (!this.calls.has(parsed.requestId)) throw new Error(`${op} of a call that is over`);
      this.send({ kind: 'answer', question, value: await this.place.onSyscall(op, parsed) });
    } catch (thrown) {
      const { message, data } = /** @type {Error & {data?: unknown}} */ (thrown);
      this.send({ kind: 'answer', question, error: { message, data } });
    }
  }

  /** @param {string} reason */
  #over(reason) {
    this.end ??= reason;
    for (const { reject } of this.calls.values()) reject(new ProcessEnded(this.end));
  }
}

/** @param {string} directory @returns {Record<string, string>} */
function environment(directory) {
  const passedOn = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(passedOn), PWD: directory };
}
