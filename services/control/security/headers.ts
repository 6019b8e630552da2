import type { FastifyHelmetOptions } from '@fastify/helmet';

/** Everything comes from this origin, only our files run, and no other site frames a page. */
export function contentSecurityPolicy(baseUri: "'none'" | "'self'") {
  return {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: [baseUri],
    },
  };
}

/** The headers of every answer. */
export const SECURITY_HEADERS: FastifyHelmetOptions = {
  contentSecurityPolicy: contentSecurityPolicy("'none'"),
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'same-origin' },
  // The proxy that terminates TLS decides about HSTS.
  strictTransportSecurity: false,
};
