import type { Socket } from 'node:net';
import type { WireRequest } from '../../dialects/dialect.ts';
import { GatewayError, toGatewayError } from '../../errors/index.ts';
import { type Admitted, acquireStream, admit, limitAddress } from '../admit.ts';
import { isKnown } from '../authenticate.ts';
import { endCall } from '../end-call.ts';
import type { Gateway } from '../gateway.ts';
import { beginCall, type GatewayCall } from '../http-call.ts';
import { lookAgain } from '../look-again.ts';
import { refuseOnSocket } from '../render-error.ts';
import { grownOld } from '../subscriptions.ts';
import { closeWebSocket, type FrameEnds } from './last-words.ts';
import type { PassedRoute } from './proxied-routes.ts';
import { type Handshake, type PassedSocket, passSocket } from './proxy-socket.ts';

export interface Opening extends Handshake {
  readonly wire: WireRequest;
}

/**
 * Passes a WebSocket on, both ways, until it closes: limits and credential first. Whoever is refused, and whatever goes wrong before
 * the origin has accepted, is answered as HTTP in the route's dialect. Never rejects.
 */
export async function servePassedSocket(
  gateway: Gateway,
  route: PassedRoute,
  { wire, ...handshake }: Opening,
): Promise<void> {
  const { request, socket } = handshake;
  const { dialect, origin, isOpen, path } = route;
  const controller = new AbortController();
  const taken = gateway.permits.acquire(() =>
    isKnown(gateway.callers, { places: dialect.credential, carrier: 'socket' }, wire),
  );
  const entry = beginCall(
    {
      dialect,
      operation: 'passthrough',
      address: request.ip ?? '',
      carrier: 'socket',
      tracer: gateway.tracer,
      path,
      request,
    },
    controller.signal,
    'release' in taken ? taken : undefined,
  );
  socket.once('close', () => controller.abort(new GatewayError('client-closed', 'The client went away')));
  const answering = answerOnce(socket, entry);
  const running = gateway.lifetime.passing.begin({
    stop: (reason) => controller.abort(reason),
    drop: () => socket.destroy(),
  });
  const held: (() => void)[] = [];
  try {
    if (!('release' in taken)) throw taken;
    await limitAddress(gateway, entry);
    const caller = isOpen ? undefined : await admit(gateway, entry, wire);
    held.push((await acquireStream(gateway, entry, caller)).release);
    if (caller !== undefined) held.push(watch(gateway, entry, { caller, controller, socket }));
    entry.backend = origin.name;
    await passSocket(gateway, entry, { ...handshake, ...answering, origin });
  } catch (thrown) {
    entry.error = toGatewayError(controller.signal.aborted ? controller.signal.reason : thrown);
    if (controller.signal.aborted) answering.close(entry.error);
    else answering.refuse(entry.error);
  } finally {
    for (const release of held) release();
    entry.place?.release();
    // A client that closes its socket has not failed.
    if (entry.error?.code === 'client-closed') delete entry.error;
    endCall(gateway, entry);
    running.end();
  }
}

/** Ends a socket when its caller may not hear any more, and at its greatest age. */
function watch(
  gateway: Gateway,
  entry: GatewayCall,
  { caller, controller, socket }: { caller: Admitted; controller: AbortController; socket: Socket },
): () => void {
  return gateway.subscriptions.watch({
    ...lookAgain(gateway, entry, { admitted: caller, isPassed: true }),
    refuse: (reason) => controller.abort(reason),
    ageing: { retire: () => controller.abort(grownOld()), leave: () => controller.abort(grownOld()) },
    drop: () => socket.destroy(),
  }).end;
}

/** What a client is told of its handshake: one answer, the origin's or ours. What fails after the origin's breaks the connection. */
function answerOnce(
  socket: Socket,
  entry: GatewayCall,
): Pick<PassedSocket, 'whenAnswered' | 'whenAccepted' | 'refuse'> & { close(error: GatewayError): void } {
  let said: 'nothing' | 'answer' | 'refusal' = 'nothing';
  let frames: FrameEnds | undefined;
  const refuse: PassedSocket['refuse'] = (error) => {
    if (said === 'answer') socket.destroy();
    else if (said === 'nothing') refuseOnSocket(socket, entry, error);
    said = 'refusal';
  };
  return {
    refuse,
    whenAccepted(accepted) {
      frames = accepted;
    },
    /** Ends it for a reason of ours: by a frame of its own once it is open, unless it stands in the middle of another. */
    close(error) {
      if (said === 'answer' && frames?.standsBetweenFrames() === true)
        closeWebSocket(socket, closeCodeOf(entry, error));
      else refuse(error);
    },
    whenAnswered(status) {
      said = 'answer';
      entry.socketStatus = status;
    },
  };
}

/** Whoever is to come back is told so; whoever may not, as the dialect has it, or as most servers do. */
function closeCodeOf({ dialect }: GatewayCall, error: GatewayError): number {
  if (error.code === 'shutting-down') return 1001;
  return dialect.sockets?.[0]?.closeCode(error) ?? 4001;
}
