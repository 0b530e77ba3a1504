'use node';
/**
 * Packaging route `embedded`: the SDK's web build and its wasm are part of the bundle. The polyfill stands first:
 * the bundler decodes the wasm with it. Must not know: what is done with the SDK.
 */

import '../../functions/from_base64.js';
import { loadSdk } from '../../../../workerd/sdk.js';
import { walletAction } from '../../functions/wallet_action.js';

export const handle = walletAction(loadSdk, ['Uint8Array.fromBase64']);
