import { pipeline } from 'node:stream/promises';
import express, { type Router } from 'express';
import helmet from 'helmet';
import type { UploadStore } from '../stores/upload-store.ts';
import type { Times } from './gateway.ts';

/** Where uploaded images are served. */
export const uploadsPath = '/uploads';

/** Serves uploaded images. Their names cannot be guessed; what they hold can be shown, and never be run. */
export function uploadsRouter(uploads: UploadStore, { maxUnreadMs }: Pick<Times, 'maxUnreadMs'>): Router {
  const router = express.Router();
  router.use(
    helmet({
      contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], sandbox: [] }, useDefaults: false },
      crossOriginResourcePolicy: { policy: 'cross-origin' }, // widgets show them on the shops' pages
    }),
  );
  router.get('/:name', async (request, response, next) => {
    const image = await uploads.open(request.params.name);
    if (image === undefined) {
      next();
      return;
    }
    response.setTimeout(maxUnreadMs);
    response.writeHead(200, {
      'Content-Type': image.type,
      'Content-Length': image.size,
      'Content-Disposition': 'inline',
      'Cache-Control': 'public, max-age=31536000, immutable',
    });
    // A client that leaves half-way ends the pipeline: the file is closed, and there is nobody to answer.
    await pipeline(image.content, response).catch(() => response.destroy());
  });
  return router;
}
