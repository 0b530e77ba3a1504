'use node';
/**
 * Negative control: an action that leaves a rejected promise behind, in the process that holds the wallet.
 * Must not know: wallets.
 */

import { internalActionGeneric } from 'convex/server';

export const reject = internalActionGeneric(async () => {
  Promise.reject(new Error('nobody listens'));
  await new Promise(() => {});
});
