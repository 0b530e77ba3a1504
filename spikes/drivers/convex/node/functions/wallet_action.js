/**
 * The Node action that owns the wallet: one contract request in, one contract answer out.
 *
 * Role: host. The driver is composed for each call, and the SDK built in it and ended before the answer: a warm
 * process keeps the loaded SDK module and its wasm, never a wallet. A wallet kept over calls would hold the context of
 * a call that is over, sockets and timers that a frozen Lambda does not run, and leaves that another process may have
 * spent meanwhile; building it anew costs a fraction of a second.
 * Must not know: which packaging route brought the SDK, routes, payments.
 */

import { internalActionGeneric } from 'convex/server';
import { v } from 'convex/values';

import { composeConvexDriver } from '../../compose.js';

/**
 * @param {() => Promise<import('../../../wallet/session.js').LoadedSdk>} loadSdk
 * @param {string[]} [shims] what the packaging route puts in place of missing APIs
 */
export function walletAction(loadSdk, shims = []) {
  return internalActionGeneric({
    args: { method: v.string(), path: v.string(), headers: v.array(v.array(v.string())), body: v.bytes() },
    handler: async (ctx, { method, path, headers, body }) => {
      const handle = composeConvexDriver({ ctx, env: process.env, name: 'convex_node', loadSdk, shims });
      const response = await handle(
        new Request(new URL(path, 'http://convex.invalid'), {
          method,
          headers: /** @type {[string, string][]} */ (headers),
          ...(method === 'GET' ? {} : { body }),
        }),
      );
      return { status: response.status, headers: [...response.headers], body: await response.arrayBuffer() };
    },
  });
}
