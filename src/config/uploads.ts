import { join } from 'node:path';
import { defined } from '../canonical/index.ts';
import { type Place, stepInto } from './path.ts';
import type { Problem } from './problems.ts';
import type { UploadQuota, UploadsConfig } from './storage.ts';
import { readReserve } from './store.ts';
import type { WrittenStore, WrittenUploads } from './written.ts';

/** Our choice: 64 MiB, 4 GiB and 16 GiB. */
const defaultQuota: UploadQuota = { session: 67_108_864, site: 4_294_967_296, total: 17_179_869_184 };

/** Where images are kept, with every default in place and its path absolute: beside the conversations, where they are on disk. */
export function resolveUploads(
  uploads: WrittenUploads = {},
  { store, absolute }: { readonly store: WrittenStore; readonly absolute: (path: string) => string },
): UploadsConfig {
  const { path, bucket, endpoint, accessKeyId, secretAccessKey, prefix = 'uploads/', maxBytes = 10_485_760 } = uploads;
  // Who allows larger images allows a session one of them.
  const quota = { ...defaultQuota, session: Math.max(defaultQuota.session, maxBytes), ...uploads.quota };
  if (bucket === undefined) {
    const beside = join(store.engine === 'embedded' ? store.path : '.', 'uploads');
    return defined({
      kind: 'folder',
      path: absolute(path ?? beside),
      reserveBytes: readReserve(store),
      maxBytes,
      quota,
    });
  }
  // The checks have seen to it that there are both or none.
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
  // Servers other than AWS's have a region only in name, and need not have a host name for each bucket.
  const { region = 'auto', pathStyle = endpoint !== undefined } = uploads;
  return defined({ kind: 'bucket', bucket, endpoint, region, credentials, prefix, pathStyle, maxBytes, quota });
}

/** What only a bucket has. */
const bucketSettings = ['endpoint', 'region', 'accessKeyId', 'secretAccessKey', 'prefix', 'pathStyle'];

/** Images are kept in a folder or in a bucket, and a bucket can be found and asked. */
export function checkUploads({ path, value }: Place): readonly Problem[] {
  const has = (name: string) => stepInto(value, name) !== undefined;
  const missing = (name: string, expected: string): Problem => ({ path: [...path, name], expected, got: 'nothing' });
  if (has('path') === has('bucket')) {
    return [{ path, expected: 'one of path, bucket', got: has('path') ? 'path and bucket' : 'none' }];
  }
  if (has('path')) {
    return bucketSettings
      .filter(has)
      .map((name) => ({ path: [...path, name], expected: 'nothing beside path: it is for a bucket', got: 'a value' }));
  }
  const problems: Problem[] = [];
  if (!has('endpoint') && !has('region')) {
    problems.push(missing('region', 'the region of the bucket, since no endpoint says where it is'));
  }
  if (has('accessKeyId') !== has('secretAccessKey')) {
    const [there, lacking] = has('accessKeyId')
      ? ['accessKeyId', 'secretAccessKey']
      : ['secretAccessKey', 'accessKeyId'];
    problems.push(missing(lacking, `the other half of ${there}, or neither`));
  }
  return problems;
}
