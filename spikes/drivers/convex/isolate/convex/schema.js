/** Tables of the deployment: the wallet's shelf. */
export { default } from '../../shelf/schema.js';
