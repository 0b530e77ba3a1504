'use node';
/** Negative control: a wasm file that cannot be compiled, imported as route `embedded` does. */

import '../../../functions/from_base64.js';
import corrupt from './corrupt.wasm';

export const handle = corrupt;
