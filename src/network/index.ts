export { addressKey, plainAddress } from './address-key.ts';
export { type AddressGuard, createAddressGuard } from './addresses.ts';
export { connectionError, Unreachable } from './failures.ts';
export { createInbox, type Inbox } from './inbox.ts';
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
