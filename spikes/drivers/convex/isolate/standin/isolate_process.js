/**
 * The parent's side of one isolate: a child process with a capped heap, one call at a time.
 *
 * Role: starts it, has it run a job under a deadline, says how it ended if it did. An isolate that ran out of memory
 * or time is gone; whoever needs one makes another. Must not know: what jobs do, which isolate is for what.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { DOCUMENTED_HEAP_MB } from './limits.js';

const PROGRAM = fileURLToPath(new URL('isolate.js', import.meta.url));
const LAST_WORDS_CHARACTERS = 4_000;
const OUT_OF_MEMORY = /heap out of memory|Allocation failed|invalid size error/i;

/**
 * @typedef {{value: any, figures: any}} Done
 * @typedef {{udf: 'query' | 'mutation' | 'action', name: string, argsJson: string}} Question
 * @typedef {(question: Question) => Promise<string>} Answer
 */

/** A function ended with an error of its own, or of the platform. */
export class FunctionError extends Error {
  /** @param {string} message @param {any} figures what it took until then, null if nobody could tell */
  constructor(message, figures) {
    super(message);
    this.figures = figures;
  }
}

export class IsolateProcess {
  /**
   * @param {{heapMb: number, world: any, answer: Answer, log: (level: string, line: string) => void}} options
   *   world: what isolate.js sets up with
   */
  constructor({ heapMb, world, answer, log }) {
    this.answer = answer;
    this.log = log;
    this.lastWords = '';
    /** @type {{resolve: (done: Done) => void, reject: (error: Error) => void} | null} */
    this.running = null;
    this.alive = true;
    this.calls = 0;
    this.child = fork(PROGRAM, [], { execArgv: flags(heapMb), env: {}, serialization: 'advanced', stdio: STDIO });
    this.child.stderr?.on(
      'data',
      (chunk) => (this.lastWords = `${this.lastWords}${chunk}`.slice(-LAST_WORDS_CHARACTERS)),
    );
    this.child.on('message', (message) => this.#hear(message));
    this.child.on('error', () => {}); // it cannot be reached: `close` tells the rest
    this.closed = new Promise((resolve) => this.child.on('close', (code, signal) => resolve(this.#end(code, signal))));
    this.#tell({ type: 'world', ...world });
  }

  /** @param {import('./call.js').Job} job @param {number} deadlineS @returns {Promise<Done>} @throws {FunctionError} */
  run(job, deadlineS) {
    this.calls += 1;
    return this.#ask({ type: 'run', job }, deadlineS);
  }

  /** @param {number} deadlineS @returns {Promise<Done>} value: the analysis */
  analyse(deadlineS) {
    return this.#ask({ type: 'analyse' }, deadlineS);
  }

  async kill() {
    this.alive = false; // nobody may take it while it dies
    this.child.kill('SIGKILL');
    await this.closed;
  }

  /** @param {any} message @param {number} deadlineS @returns {Promise<Done>} */
  #ask(message, deadlineS) {
    return new Promise((resolve, reject) => {
      if (!this.alive) return reject(new FunctionError(this.#obituary(null, null), null));
      const late = setTimeout(() => {
        const error = new FunctionError(`Function execution timed out (maximum duration: ${deadlineS}s)`, null);
        this.#settle()?.reject(error);
        this.kill();
      }, deadlineS * 1000);
      this.running = {
        resolve: (done) => (clearTimeout(late), resolve(done)),
        reject: (error) => (clearTimeout(late), reject(error)),
      };
      this.#tell(message);
    });
  }

  /** @param {any} message */
  #hear(message) {
    if (message.type === 'log') this.log(message.level, message.line);
    if (message.type === 'ask') this.#reply(message);
    if (message.type !== 'done') return;
    if (message.error === undefined) this.#settle()?.resolve(message);
    else this.#settle()?.reject(new FunctionError(message.error, message.figures));
  }

  /** @param {any} message */
  async #reply({ question, ...asked }) {
    try {
      this.#tell({ type: 'reply', question, value: await this.answer(asked) });
    } catch (error) {
      this.#tell({ type: 'reply', question, error: /** @type {Error} */ (error).message });
    }
  }

  /** @param {any} message */
  #tell(message) {
    if (this.alive) this.child.send(message, () => {}); // if it is gone, `close` ends the call
  }

  #settle() {
    const { running } = this;
    this.running = null;
    return running;
  }

  /** @param {number | null} code @param {string | null} signal */
  #end(code, signal) {
    this.alive = false;
    this.#settle()?.reject(new FunctionError(this.#obituary(code, signal), null));
  }

  /** @param {number | null} code @param {string | null} signal */
  #obituary(code, signal) {
    if (OUT_OF_MEMORY.test(this.lastWords)) {
      return `JavaScript execution ran out of memory (maximum memory usage: ${DOCUMENTED_HEAP_MB} MB)`;
    }
    const line = this.lastWords.trim().split('\n').at(-1) ?? '';
    return `the isolate ended with ${signal ?? `status ${code}`}${line ? `: ${line}` : ''}`;
  }
}

/** stdin is the lifeline. @type {import('node:child_process').StdioOptions} */
const STDIO = ['pipe', 'ignore', 'pipe', 'ipc'];

/** @param {number} heapMb */
function flags(heapMb) {
  return [
    ...['--experimental-vm-modules', '--no-warnings', '--no-wasm-async-compilation'],
    ...['--disallow-code-generation-from-strings', `--max-old-space-size=${heapMb}`],
  ];
}
