'use node';
/** The wallet of route `embedded`, in a process that it shares with faulty.js. Must not know: faulty.js. */

export { handle } from '../../../embedded/convex/wallet.js';
