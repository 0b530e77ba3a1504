/**
 * The driver inside a Convex action: composed for one call, because `ctx` belongs to one call.
 *
 * Role: everything that lasts lies in the deployment's database, and the SDK is built, used and ended within the
 * call. The wallet's turns are a lease on the shelf: other calls run beside this one, each with an SDK of its own.
 * Must not know: which of Convex's runtimes this is, how the SDK is loaded.
 */

import { composeDriver } from '../l402/compose.js';
import errors from '../wallet/errors.json' with { type: 'json' };
import { ConvexShelf } from './shelf/convex_shelf.js';
import { ShelfLane } from './shelf/shelf_lane.js';

/**
 * @param {{ctx: import('./shelf/convex_shelf.js').Context, env: Record<string, string | undefined>, name: string,
 *   loadSdk: () => Promise<import('../wallet/session.js').LoadedSdk>, [more: string]: any}} options
 *   more: goes on to composeDriver as it is
 * @returns {(request: Request) => Promise<Response>}
 */
export function composeConvexDriver({ ctx, env, ...host }) {
  // One deployment may serve several wallets, one after the other; what one remembers is none of another's.
  const shelf = new ConvexShelf({ ctx, scope: env.SPARKGATE_SHELF_SCOPE || env.SPARKGATE_WALLET_ID || 'default' });
  const laneOn = (/** @type {import('../wallet/shelf.js').Shelf} */ own) => new ShelfLane({ shelf: own });
  const wallet = { oneAtATime: true, shelf, sdkLife: /** @type {const} */ ('request'), laneOn };
  return composeDriver({ ...host, ...wallet, env, errors, backendMode: 'convex_native' });
}
