/** The only language in which tests read messages of zod, in place of the fifty that it has. */
export { default as en } from 'zod/v4/locales/en.js';
