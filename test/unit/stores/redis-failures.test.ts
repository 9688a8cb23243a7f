import { describe, expect, it } from 'vitest';
import { isDeposed, toStoreError } from '../../../src/stores/redis/connection.ts';

/** As a server answers, whose errors ioredis gives by this name. */
function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

const sha = 'f_4f5e1ae1d5ae0a6c3f1d2b8f6a2a1b9c0d7e3f4a';
/** What a command says in a script: as Redis 7 tells it, and as Redis 6.2 does. */
const inScript = {
  'Redis 7': (message: string) => `${message} script: ${sha.slice(2)}, on @user_script:12.`,
  'Redis 6.2': (message: string) =>
    `ERR Error running script (call to ${sha}): @user_script:12: @user_script: 12: -${message} `,
  'Redis 6.2, of a command that was carried out': (message: string) =>
    `ERR Error running script (call to ${sha}): @user_script:12: ${message}`,
  'no script': (message: string) => message,
};

const readOnly = "READONLY You can't write against a read only replica.";
const alone = 'NOREPLICAS Not enough good replicas to write.';
const full = "OOM command not allowed when used memory > 'maxmemory'.";
const noDisk = 'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.';
const wrongType = 'WRONGTYPE Operation against a key holding the wrong kind of value';

for (const [where, tell] of Object.entries(inScript)) {
  describe(`what Redis says of ${where}`, () => {
    it.each([readOnly, alone, full, noDisk])('is that it cannot be written to: %s', (message) => {
      expect(toStoreError(replyError(tell(message)))).toMatchObject({ code: 'store-unavailable' });
    });

    it.each([wrongType, 'ERR value is not an integer or out of range'])('is our bug: %s', (message) => {
      expect(toStoreError(replyError(tell(message)))).toMatchObject({ code: 'internal' });
    });

    it('is that another may be the one to write to', () => {
      expect([readOnly, alone, full, wrongType].map((message) => isDeposed(replyError(tell(message))))).toEqual([
        true,
        true,
        false,
        false,
      ]);
    });
  });
}

describe('what is said of no reply', () => {
  it('is that Redis is away', () => {
    for (const thrown of [new Error('Connection is closed.'), new Error('ERR as if'), 'nothing']) {
      expect(toStoreError(thrown)).toMatchObject({ code: 'store-unavailable' });
    }
  });

  it('is a bug where a script itself is wrong, or goes beyond its slot', () => {
    for (const message of [
      'ERR Error compiling script (new function): user_script:1: unexpected symbol near',
      `ERR Error running script (call to ${sha}): @user_script:1: @user_script: 1: Script attempted to access nonexistent global variable 'a'`,
      "CROSSSLOT Keys in request don't hash to the same slot",
    ]) {
      expect(toStoreError(replyError(message))).toMatchObject({ code: 'internal' });
    }
  });
});
