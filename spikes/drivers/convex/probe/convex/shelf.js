/** The shelf's own functions, as in every deployment of ours. */
export { commit, read } from '../../shelf/functions.js';
