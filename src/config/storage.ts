/** A union by `engine`. */
export type StoreConfig = EmbeddedStoreConfig | RedisStoreConfig;

export interface EmbeddedStoreConfig {
  readonly engine: 'embedded';
  /** Absolute folder. */
  readonly path: string;
  /** Kept free on its disk, in bytes; absent: of the size of the disk. */
  readonly reserveBytes?: number;
  /** Absolute folder of the backups; absent: none is made. */
  readonly backups?: string;
  /** Conversations untouched for longer are removed; absent: none ever is. */
  readonly retentionDays?: number;
  /** Beyond so many messages a conversation's oldest are dropped. */
  readonly maxMessages: number;
}

/** URLs and the password are secrets. */
export interface RedisStoreConfig {
  readonly engine: 'redis';
  readonly place:
    | { readonly url: string }
    | {
        readonly sentinels: readonly string[];
        readonly group: string;
        readonly username?: string;
        readonly password?: string;
      }
    | { readonly cluster: readonly string[] };
  /** What all keys begin with. */
  readonly prefix: string;
  /** Conversations untouched for longer are removed; absent: none ever is. */
  readonly retentionDays?: number;
  /** Beyond so many messages a conversation's oldest are dropped. */
  readonly maxMessages: number;
  readonly durability: 'relaxed' | 'acknowledged';
}

/** A union by `kind`. */
export type UploadsConfig = FolderUploadsConfig | BucketUploadsConfig;

/** Bytes of images that a visitor's session may have, a site, and all. */
export interface UploadQuota {
  readonly session: number;
  readonly site: number;
  readonly total: number;
}

export interface FolderUploadsConfig {
  readonly kind: 'folder';
  /** Absolute folder. */
  readonly path: string;
  /** Kept free on its disk, in bytes; absent: of the size of the disk. */
  readonly reserveBytes?: number;
  readonly maxBytes: number;
  readonly quota: UploadQuota;
}

/** The credentials are secrets. */
export interface BucketUploadsConfig {
  readonly kind: 'bucket';
  readonly bucket: string;
  /** Absent: AWS's own of the region. */
  readonly endpoint?: string;
  readonly region: string;
  /** Absent: what the environment has for AWS's own programs. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** What all objects' names begin with. */
  readonly prefix: string;
  /** Whether the bucket's name stands in the path, not in the host's name. */
  readonly pathStyle: boolean;
  readonly maxBytes: number;
  readonly quota: UploadQuota;
}
