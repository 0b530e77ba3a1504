'use node';
/**
 * Packaging route `external`: the SDK's Node build comes from an external package that Convex installs
 * (convex.json, node.externalPackages). Must not know: what is done with the SDK.
 */

import { loadSdk } from '../../../../node/sdk.js';
import { walletAction } from '../../functions/wallet_action.js';

export const handle = walletAction(loadSdk);
