/**
 * workerd driver: wallet and L402 buyer in one isolate, or the buyer alone.
 *
 * Role: host. With SPARKGATE_EXECUTOR_URL the Worker only orchestrates and another runtime pays; without it the
 * wallet is built in this isolate, once, at the first request that needs it. It remembers as long as the isolate
 * lasts. Must not know: payments, routes.
 */

import { composeDriver } from '../l402/compose.js';
import errors from '../wallet/errors.json';
import { loadSdk } from './sdk.js';

/** @type {((request: Request) => Promise<Response>) | undefined} */
let handle;

export default {
  /**
   * @param {Request} request @param {Record<string, string | null>} env
   * @param {{waitUntil: (work: Promise<unknown>) => void}} context
   */
  async fetch(request, env, context) {
    // SDK calls of different requests must not overlap in a Worker: payments that wait for one another's leaf swap
    // then hang (known.toml: overlapping-payments-hang-in-a-worker).
    handle ??= composeDriver({ name: 'workerd', env, errors, loadSdk, oneAtATime: true });
    const answer = handle(request);
    // A caller that hangs up must not cancel a payment half-way: the work goes on until it is booked.
    context.waitUntil(answer);
    return answer;
  },
};
