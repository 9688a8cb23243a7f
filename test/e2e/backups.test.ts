import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runBackup } from '../../src/cli/backup.ts';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { pictureOf } from '../support/pictures.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

let folder: string;
let gateway: TestGateway;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-backups-'));
});
afterEach(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const start = async (configure: (demo: any) => void = () => undefined): Promise<void> => {
  gateway = await runGateway({ backends: { shop: createScriptedBackend().backend }, configure });
};
const named = (demo: any): void => {
  demo.store.backups = folder;
};
const ask = (token = 'demo-admin') =>
  send('POST', `${gateway.url}/admin/v1/backups`, { headers: { authorization: `Bearer ${token}` } });
const backUp = (...more: readonly string[]) =>
  runBackup(['--url', gateway.url, ...more], { DRAGOMAN_ADMIN_TOKEN: 'demo-admin' });

describe('backups of a gateway', () => {
  it('are made while it runs, and restored with the images', async () => {
    await start(named);
    const form = new FormData();
    form.set('site_key', 'sk_demo');
    form.set('session_id', 'sess_1');
    form.set('image', new Blob([new Uint8Array(pictureOf('image/png'))]), 'picture.png');
    const { body: image } = await send('POST', `${gateway.url}/api/v1/chat/upload-image`, { raw: form });
    const headers = { 'x-api-key': 'demo-key' };
    const { body } = await send('POST', `${gateway.url}/api/v1/chats/`, { headers, json: { user_id: 'anna' } });
    const made = await ask();
    expect(made).toMatchObject({ status: 201, body: { images: 1 } });
    expect(gateway.logged).toContainEqual(expect.objectContaining({ msg: 'a backup was made', name: made.body.name }));
    expect(await backUp()).toEqual({ code: 0, output: expect.stringMatching(/^\S+Z: \d+ bytes and 1 images\n$/) });
    expect(await readdir(folder)).toHaveLength(2);
    await gateway.close();

    const restored = await mkdtemp(join(tmpdir(), 'dragoman-restored-'));
    try {
      await cp(join(folder, made.body.name as string), join(restored, 'data'), { recursive: true });
      await cp(join(restored, 'data', 'uploads'), join(restored, 'uploads'), { recursive: true });
      gateway = await runGateway({ backends: { shop: createScriptedBackend().backend }, folder: restored });
      const path = `${gateway.url}/api/v1/chats/${String(body.id)}?user_id=anna`;
      expect(await send('GET', path, { headers })).toMatchObject({ status: 200, body: { id: body.id } });
      const picture = await fetch(gateway.url + new URL(image.url as string).pathname);
      expect(picture.status).toBe(200);
    } finally {
      await gateway.close();
      await rm(restored, { recursive: true, force: true });
    }
  });

  it('are refused to who may not, and where no folder is named', async () => {
    await start();
    expect(await ask()).toMatchObject({ status: 501 });
    await expect(backUp()).rejects.toThrow('store.backups names no folder');
    expect(await ask('none')).toMatchObject({ status: 401 });
    await gateway.close();
    await start((demo) => {
      named(demo);
      demo.admin.tokens[0].tenants = [demo.tenants[0].id];
    });
    expect(await ask()).toMatchObject({ status: 403 });
    expect(await readdir(folder)).toEqual([]);
  });
});
