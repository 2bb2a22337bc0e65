import type { FastifyInstance } from 'fastify';
import { Problem } from '../../platform/errors.js';
import { isTooDeep } from '../../platform/json/nesting.js';

/** Bodies of JSON: as fastify parses them, and not nested without bound. */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    void parse(request, text, (error, value) => {
      if (error === null && isTooDeep(value)) return done(new Problem('too-complex', 'The body is nested too deeply.'));
      done(error, value);
    });
  });
}
