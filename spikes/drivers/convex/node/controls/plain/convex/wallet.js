'use node';
/**
 * Negative control: the SDK's Node build bundled like any other package. Its wasm file is not shipped, so the module
 * cannot be imported and the push is refused. Must not know: how it ends.
 */

import sdk from '@breeztech/breez-sdk-spark/nodejs';

import { walletAction } from '../../../functions/wallet_action.js';

export const handle = walletAction(async () => ({ sdk, memoryBytes: () => null }));
