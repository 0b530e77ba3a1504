export { default } from '../../../../shelf/schema.js';
