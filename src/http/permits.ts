import { getHeapStatistics } from 'node:v8';
import type { Bounds } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { addressKey } from '../network/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics, ShedReason } from '../observability/metrics.ts';
import type { Strain } from './strain.ts';

/** When what was refused is worth another try, in milliseconds. Our choice. */
const retryAfterMs = 2_000;
/** What is refused for one reason is told so often in the log, in milliseconds: each line of a flood would be another one. Our choice. */
const tellEveryMs = 10_000;

/** Counts what is refused because there is too much already, and gives the error that it is refused with. */
export type Shed = (reason: ShedReason) => GatewayError;

export function createShedding({ metrics, log }: { readonly metrics: Metrics; readonly log: Logger }): Shed {
  const toldAt = new Map<ShedReason, number>();
  return (reason) => {
    metrics.shed(reason);
    const now = performance.now();
    if (now - (toldAt.get(reason) ?? Number.NEGATIVE_INFINITY) >= tellEveryMs) {
      toldAt.set(reason, now);
      log.warn({ reason }, 'overload: too much at once, calls are shed');
    }
    return tooMuch();
  };
}

export const tooMuch = (): GatewayError =>
  new GatewayError('overloaded', 'The service has too much to do at the moment, please try again', { retryAfterMs });

/** The part of the places for calls that callers may take who are not known: the rest is for those who are. Our choice. */
const sharedPart = 0.75;
/** So many connections beyond the bounds are open at a time, so that somebody can ask how we are. Our choice. */
const maxSpare = 100;

/** Bodies beyond so many bytes need room, which is for all calls under way a quarter of V8's heap. Our choice. */
const smallBody = 65_536;
const bodyRoom = getHeapStatistics().heap_size_limit / 4;
/** The part of it that bodies may take whose senders are not known before they are read. Our choice. */
const unknownPart = 0.5;

type DoorBounds = Pick<Bounds, 'connections' | 'connectionsPerAddress'>;

/** What a call has of what its process takes on. */
export interface Permit {
  /** From now on it is a stream that may stay for days, and no call. Throws `overloaded` if there are too many of those. */
  becomeFollower(): void;
  /** Gives it back; harmless after that. */
  release(): void;
}

/** What a body has of the room for bodies. */
export interface BodyPermit {
  /** Gives back what it has beyond so many bytes. */
  shrinkTo(bytes: number): void;
  /** Gives all of it back; harmless after that. */
  release(): void;
}

/** A connection that is open. */
export interface OpenConnection {
  /** Whether it is one too many: it may ask how we are, and nothing else. */
  readonly isSpare: boolean;
  leave(): void;
}

/** What a process takes on, each within its bound. */
export interface Permits {
  /**
   * A place for a call until its answer has left, or why there is none: the newest is refused, and where little is left whoever is not
   * known, which is asked only then.
   */
  acquire(isKnown: () => boolean): Permit | GatewayError;
  /** Makes room for a body of so many bytes, if it needs any. Throws `overloaded` where there is none. */
  acquireBody(bytes: number, isKnown: boolean): BodyPermit | undefined;
  /** Counts a connection in; that of a proxy has no address. `undefined` if there is no room even for one more that is refused. */
  connect(address: string | undefined): OpenConnection | undefined;
  /** How many calls and followers there are now. */
  readonly taken: { readonly calls: number; readonly followers: number };
}

export interface PermitsOptions {
  /** As they are now. */
  bounds(): Bounds;
  readonly strain: Strain;
  readonly shed: Shed;
}

export function createPermits({ bounds, strain, shed }: PermitsOptions): Permits {
  let calls = 0;
  let followers = 0;
  let bodyBytes = 0;
  const door = createDoor(bounds, shed);

  const take = (): Permit => {
    let kind: 'call' | 'follower' | 'none' = 'call';
    calls += 1;
    return {
      becomeFollower() {
        if (kind !== 'call') return;
        if (followers >= bounds().followers) throw shed('followers');
        kind = 'follower';
        calls -= 1;
        followers += 1;
      },
      release() {
        if (kind === 'call') calls -= 1;
        else if (kind === 'follower') followers -= 1;
        kind = 'none';
      },
    };
  };
  return {
    acquire(isKnown) {
      const most = bounds().calls;
      const isFull = calls >= most || (calls >= most * sharedPart && !isKnown());
      const reason = isFull ? 'calls' : strain.against(isKnown);
      return reason === undefined ? take() : shed(reason);
    },
    acquireBody(bytes, isKnown) {
      if (bytes <= smallBody) return undefined;
      if (bodyBytes + bytes > (isKnown ? bodyRoom : bodyRoom * unknownPart)) throw shed('memory');
      let held = bytes;
      bodyBytes += held;
      const shrinkTo = (less: number): void => {
        const kept = less <= smallBody ? 0 : Math.min(less, held);
        bodyBytes -= held - kept;
        held = kept;
      };
      return { shrinkTo, release: () => shrinkTo(0) };
    },
    connect: door,
    get taken() {
      return { calls, followers };
    },
  };
}

/** Counts connections in. */
export function createDoor(bounds: () => DoorBounds, shed: Shed): Permits['connect'] {
  const ofAddress = new Map<string, number>();
  let connections = 0;
  let spare = 0;
  const count = (address: string, change: 1 | -1): void => {
    const counted = (ofAddress.get(address) ?? 0) + change;
    if (counted === 0) ofAddress.delete(address);
    else ofAddress.set(address, counted);
  };
  const openSpare = (): OpenConnection | undefined => {
    if (spare >= maxSpare) return undefined;
    spare += 1;
    return { isSpare: true, leave: () => void (spare -= 1) };
  };

  return (from) => {
    const address = from === undefined ? undefined : addressKey(from);
    const most = bounds();
    const isOneTooMany = connections >= most.connections;
    if (isOneTooMany || (address !== undefined && (ofAddress.get(address) ?? 0) >= most.connectionsPerAddress)) {
      shed(isOneTooMany ? 'connections' : 'address');
      return openSpare();
    }
    connections += 1;
    if (address !== undefined) count(address, 1);
    return {
      isSpare: false,
      leave() {
        connections -= 1;
        if (address !== undefined) count(address, -1);
      },
    };
  };
}
