import { pipeline } from 'node:stream/promises';
import express, { type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import { GatewayError } from '../errors/index.ts';
import type { Gateway } from './gateway.ts';

/** Where uploaded images are served. */
export const uploadsPath = '/uploads';

/** Serves uploaded images. Their names cannot be guessed; what they hold can be shown, and never be run. */
export function uploadsRouter(
  { services: { images }, times: { maxUnreadMs }, log }: Gateway,
  counted: RequestHandler,
): Router {
  const router = express.Router();
  router.use(counted);
  router.use(
    helmet({
      contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], sandbox: [] }, useDefaults: false },
      crossOriginResourcePolicy: { policy: 'cross-origin' }, // widgets show them on the shops' pages
    }),
  );
  // A place that cannot be asked throws, and is answered, counted and logged as what nobody serves is.
  router.get('/:name', async (request, response, next) => {
    const image = await images.open(request.params.name);
    if (image === undefined) {
      next();
      return;
    }
    response.setTimeout(maxUnreadMs);
    response.writeHead(200, {
      'Content-Type': image.type,
      'Content-Length': image.size,
      'Content-Disposition': 'inline',
      'Cache-Control': 'private, max-age=31536000, immutable',
    });
    if (request.method === 'HEAD') {
      image.content.destroy();
      response.end();
      return;
    }
    try {
      await pipeline(image.content, response);
    } catch (failure) {
      // A client that leaves half-way ends the pipeline: what was read is closed, and there is nobody to answer.
      response.destroy();
      if (failure instanceof GatewayError) {
        log[failure.traits.level](
          { code: failure.code, reason: failure.message },
          'an image was not served to its end',
        );
      }
    }
  });
  return router;
}
