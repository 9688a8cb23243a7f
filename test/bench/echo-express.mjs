// The same as a plain Express application would have it.
import express from 'express';
import { reply } from './reply.mjs';

const application = express();
application.use(express.json());
application.post('/echo', (request, response) => {
  response.json({ ...reply, heard: request.body.message });
});
const server = application.listen(0, '127.0.0.1', () =>
  console.log(`echo listens on http://127.0.0.1:${server.address().port}`),
);
process.on('SIGTERM', () => process.exit(0));
