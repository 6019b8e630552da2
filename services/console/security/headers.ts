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

/** The same for the pages of bull-board, which set styles from their scripts and name their base. */
const QUEUES = PAGES.map((rule) => {
  if (rule.startsWith('base-uri')) return "base-uri 'self'";
  if (rule.startsWith('style-src')) return "style-src 'self' 'unsafe-inline'";
  return rule;
});

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
