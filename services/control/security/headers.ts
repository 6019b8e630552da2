/** Everything comes from here, nothing runs but what is a file of ours, and no other site frames it. */
const PAGES = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
];

/** The same for the page of bull-board, which names the folder that its files are in. */
const QUEUES = PAGES.map((rule) => (rule.startsWith('base-uri') ? "base-uri 'self'" : rule));

/** Headers of every answer. */
export function securityHeaders(path: string): Readonly<Record<string, string>> {
  const isBoard = path === '/queues' || path.startsWith('/queues/');
  return {
    'content-security-policy': (isBoard ? QUEUES : PAGES).join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  };
}
