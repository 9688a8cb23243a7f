// `npm run check:packages`: what the project is made of. Fails on a licence that is not on the list, on an install script that would run, on
// a bill of materials that leaves a package out, on a known advisory of what is shipped (where the registry answers that question), and on
// a base image without an exact version.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const top = join(import.meta.dirname, '../..');
const read = (name) => readFileSync(join(top, name), 'utf8');
const npm = (...words) => spawnSync('npm', words, { cwd: top, encoding: 'utf8', maxBuffer: 64 << 20 });

/** What anybody may ship with anything; and what tools may have that are never shipped. */
const shipped = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
]);
const tools = new Set([...shipped, 'Python-2.0', 'MPL-2.0', 'CC0-1.0', 'CC-BY-4.0', 'CC-BY-3.0']);

const packages = Object.entries(JSON.parse(read('package-lock.json')).packages).filter(([path]) => path !== '');

/** The licence that a package names, in any form that packages have. */
function licenceOf(path, { license }) {
  if (typeof license === 'string') return license;
  const { licenses = [], license: own } = JSON.parse(read(join(path, 'package.json')));
  return [own ?? licenses]
    .flat()
    .map((one) => one?.type ?? one)
    .join(' OR ');
}

/** Whether one of the choices (`A OR B`) is allowed, or all of what is joined (`A AND B`). */
function isAllowed(expression, allowed) {
  const choices = expression.replace(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((name) => allowed.has(name.trim())));
}

function licenceProblems() {
  return packages
    .filter(([path, entry]) => !isAllowed(licenceOf(path, entry), entry.dev ? tools : shipped))
    .map(([path, entry]) => `${path}: the licence ${licenceOf(path, entry) || '(none)'} is not on the list`);
}

function installScriptProblems() {
  const ignored = /^ignore-scripts=true$/m.test(read('.npmrc'));
  return ignored ? [] : ['.npmrc: install scripts of packages would run'];
}

const purlOf = ([path, { version, name = path.split('node_modules/').at(-1) }]) => `pkg:npm/${name}@${version}`;

/** Writes the bill of materials of what is shipped. npm's own `--omit dev` leaves out what tools use as well, so all is asked for and cut down. */
function bill() {
  const shippedPurls = new Set(packages.filter(([, { dev }]) => !dev).map(purlOf));
  const isShipped = (reference) => shippedPurls.has(decodeURIComponent(reference));
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const whole = JSON.parse(execFileSync('npm', words, { cwd: top, encoding: 'utf8', maxBuffer: 64 << 20 }));
  const components = whole.components.filter(({ purl }) => isShipped(purl));
  const kept = new Set([whole.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
  const dependencies = whole.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
  mkdirSync(join(top, 'coverage'), { recursive: true });
  writeFileSync(join(top, 'coverage/sbom.cdx.json'), JSON.stringify({ ...whole, components, dependencies }, null, 2));
  const listed = new Set(components.map(({ purl }) => decodeURIComponent(purl)));
  return [...shippedPurls]
    .filter((purl) => !listed.has(purl))
    .map((purl) => `the bill of materials leaves out ${purl}`);
}

/** `undefined` where the registry does not answer. */
function advisories() {
  const { stdout } = npm('audit', '--omit=dev', '--json');
  const answer = JSON.parse(stdout || '{}');
  if (answer.vulnerabilities === undefined) return undefined;
  return Object.entries(answer.vulnerabilities).map(
    ([name, { severity }]) => `${name}: a known advisory (${severity})`,
  );
}

function imageProblems() {
  const bases = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  return bases
    .filter((base) => !/:\d+\.\d+\.\d+-/.test(base))
    .map((base) => `Dockerfile: ${base} has no exact version`);
}

const known = advisories();
const problems = [...licenceProblems(), ...installScriptProblems(), ...bill(), ...imageProblems(), ...(known ?? [])];
for (const problem of problems) console.error(problem);
const shippedCount = packages.filter(([, { dev }]) => !dev).length;
console.log(
  `${packages.length} packages, ${shippedCount} of them shipped; ` +
    `advisories: ${known === undefined ? 'the registry does not tell' : known.length}; ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
