/**
 * The Node process around the driver: its output, its end, its defects.
 *
 * Role: stdout carries the ready line and nothing else; whatever a library prints goes to stderr, redacted.
 * Must not know: payments.
 */

import { format } from 'node:util';

import { errorText } from '../wallet/errors.js';
import { redact } from '../wallet/redaction.js';

const GRACE_MS = 2_000;
const EXIT_DEFECT = 70;

/** Sends the console to stderr. @returns {(line: object) => void} writes one JSON line to stdout */
export function keepStdoutForTheReadyLine() {
  for (const method of /** @type {const} */ (['debug', 'info', 'log', 'warn', 'error'])) {
    console[method] = (...values) => void process.stderr.write(`${redact(format(...values))}\n`);
  }
  return (line) => void process.stdout.write(`${JSON.stringify(line)}\n`);
}

/**
 * Ends on SIGTERM or SIGINT, and, with a lifeline, when stdin ends because the parent has gone.
 * @param {import('node:http').Server} server @param {boolean} hasLifeline
 */
export function endWithParent(server, hasLifeline) {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), GRACE_MS).unref();
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (!hasLifeline) return;
  process.stdin.on('end', end).on('error', end).resume();
}

/**
 * A rejected promise that nobody awaits is logged and no reason to die: the process remembers which payments
 * are open. An exception outside any promise comes from the SDK's wasm and leaves it in an unknown state.
 */
export function watchForDefects() {
  process.on('unhandledRejection', (reason) => console.error(`unhandled rejection: ${errorText(reason)}`));
  process.on('uncaughtException', (error) => {
    console.error(`uncaught exception, ending: ${errorText(error)}`);
    process.exit(EXIT_DEFECT);
  });
}
