import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** Everything that Swagger UI needs comes from here; its images are data: URLs in its stylesheet. */
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/** Swagger UI at `/docs`, for anyone. */
export async function referencePages(app: FastifyInstance): Promise<void> {
  // The page requests /docs/json, which is the document that we serve.
  await app.register(swagger, {
    mode: 'static',
    specification: { document: { openapi: '3.1.1', paths: {} } as never },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_CSP,
    uiConfig: { deepLinking: true, docExpansion: 'none', supportedSubmitMethods: [] },
    theme: { title: 'API · 政务数据共享交换平台' },
    uiHooks: {
      onRequest: (request, reply, done) => {
        const format = /^\/docs\/(json|yaml)$/.exec(request.routeOptions.url ?? '')?.[1];
        if (format === undefined) return done();
        reply.redirect(`/openapi.${format}`);
      },
    },
  });
}
