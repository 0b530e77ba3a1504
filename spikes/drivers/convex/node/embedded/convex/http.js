export { default } from '../../functions/http.js';
