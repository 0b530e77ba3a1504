/** The shelf's tables. */
export { default } from '../../shelf/schema.js';
