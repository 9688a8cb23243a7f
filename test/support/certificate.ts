import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files of a certificate for this machine's loopback, which is signed by nobody but itself. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes one in a folder of its own; `undefined` where openssl is not there. */
export function makeCertificate(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-certificate-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const made = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    execFileSync('openssl', ['req', ...kind, ...names, '-keyout', made.key, '-out', made.certificate], {
      stdio: 'ignore',
    });
    return made;
  } catch {
    return undefined;
  }
}
