export { commit, read } from '../../../../shelf/functions.js';
