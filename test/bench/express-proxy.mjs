// Express and http-proxy-middleware with nothing else: what translating is held against. With OWN_CLASSES the server makes its
// requests with Express's prototypes from the start, which spares Node a slow change of them on each request.
import { Agent, createServer, IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const application = express();
const agent = new Agent({ keepAlive: true });
application.use(createProxyMiddleware({ target: process.env.UPSTREAM, agent, changeOrigin: true }));

function withPrototype(Base, prototype) {
  function Message(...parts) {
    Base.apply(this, parts);
  }
  Object.setPrototypeOf(Message, Base);
  Message.prototype = prototype;
  return Message;
}

const classes = process.env.OWN_CLASSES
  ? {
      IncomingMessage: withPrototype(IncomingMessage, application.request),
      ServerResponse: withPrototype(ServerResponse, application.response),
    }
  : {};
const server = createServer(classes, application);
server.listen(0, '127.0.0.1', () => console.log(`proxy listens on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
