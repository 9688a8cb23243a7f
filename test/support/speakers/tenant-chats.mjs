import { once } from 'node:events';
import { Failed, key } from './answers.mjs';

/** Keeps one socket open from turn to turn, and opens another when it was lost. The dialect has no way to repeat a turn. */
export function chats(web) {
  const user = `user-${crypto.randomUUID()}`;
  let id;
  let connection;
  const connect = async () => {
    connection = await web.socket(`/ws/chat?api_key=demo-key&user_id=${user}&chat_id=${id}`);
    for (let type; type !== 'connection_established'; ) {
      const frame = await connection.next();
      type = frame.event_type;
      if (type === 'error') throw new Failed(`The socket told an error: ${frame.message}`);
    }
  };
  const drop = () => {
    connection?.socket.terminate();
    connection = undefined;
  };
  return {
    id: () => id,
    async open() {
      ({ id } = await web.get('POST', '/api/v1/chats/', { headers: key, json: { user_id: user } }));
    },
    async say(text, { onBegun, onFrame, leaveAfter } = {}) {
      try {
        // One that was lost between two turns is found closed.
        if (connection?.socket.readyState !== connection?.socket.OPEN) drop();
        if (connection === undefined) await connect();
        connection.send({ content: text });
        let received = false;
        for (let count = 0; count !== leaveAfter; count += 1) {
          const { event_type: type, content, message } = await connection.next();
          onFrame?.();
          // Of an earlier turn, which was left: all who follow the chat are told.
          if (message === 'The answer was interrupted') continue;
          if (type === 'error') throw new Failed(`The socket told an error: ${message}`);
          if (type === 'message_received' && content === text) {
            received = true;
            onBegun?.();
          }
          if (received && type === 'message_stream_ended') return content;
        }
      } catch (failure) {
        drop();
        throw failure;
      }
      drop();
      return undefined;
    },
    async close() {
      if (connection === undefined) return;
      const { socket } = connection;
      connection = undefined;
      if (socket.readyState === socket.CLOSED) return;
      socket.close();
      await once(socket, 'close');
    },
  };
}
