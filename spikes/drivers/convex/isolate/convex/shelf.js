/** Internal functions of the wallet's shelf, in a module of their own: a query must not evaluate the SDK. */
export { commit, read } from '../../shelf/functions.js';
