export { addressKey, plainAddress } from './address-key.ts';
export { type AddressGuard, createAddressGuard } from './addresses.ts';
export { type BoundedQueue as Inbox, createBoundedQueue as createInbox } from './bounded-queue.ts';
export { connectionError, Unreachable } from './failures.ts';
export {
  createOrigin,
  type Origin,
  type OriginAnswer,
  type OriginRequest,
  type ServerConnections,
  serverConnections,
} from './origin.ts';
export { mayBeMisread } from './path.ts';
export { type ClientSocket, openSocket, type SocketSettings } from './socket.ts';
