import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, join, posix, relative } from 'node:path';
import { readCommand, readOptions, readPairs } from './dockerfile.mjs';

/** What of this machine's environment a build may see: where npm gets packages from, and nothing else. */
const passed =
  /^(npm_config_(registry|userconfig|globalconfig|cache|cafile)|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i;

/**
 * Carries out the steps of a Dockerfile without Docker: each stage is a folder below `root`, in which absolute paths begin. Gives the
 * last stage. What cannot be done without an image is said by `note`; a step that is not known, or fails, throws.
 */
export function buildStages(steps, { context, root, note }) {
  const stages = new Map();
  const ignored = readIgnored(context);
  let stage;
  for (const { instruction, text, line } of steps) {
    const perform = instructions[instruction];
    if (perform === undefined) throw new Error(`Dockerfile:${line}: ${instruction} is not understood here`);
    if (instruction !== 'FROM' && stage === undefined)
      throw new Error(`Dockerfile:${line}: ${instruction} before FROM`);
    console.log(`  ${instruction} ${text}`);
    if (instruction === 'FROM') stage = beginStage(text, { stages, root, note });
    else perform(stage, text, { stages, context, ignored, note });
  }
  if (stage === undefined) throw new Error('The Dockerfile has no stage');
  return stage;
}

function beginStage(text, { stages, root, note }) {
  const [, image, name = String(stages.size)] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(text) ?? [];
  if (image === undefined) throw new Error(`FROM ${text} cannot be read`);
  const parent = stages.get(image);
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  if (parent === undefined) note(`FROM ${image}: this machine's Node ${process.version} stands for the image`);
  else cpSync(parent.folder, folder, { recursive: true, verbatimSymlinks: true });
  const stage = { folder, workdir: parent?.workdir ?? '/', env: { ...parent?.env }, volumes: [], user: 'root' };
  stages.set(name, stage);
  return stage;
}

/** The place of an absolute path of the image in the stage's folder. */
export const inStage = (stage, path) => join(stage.folder, posix.resolve(stage.workdir, path));

/** A text in which absolute paths below what the stage holds are those of its folder. */
function mapPaths(stage, text) {
  return text.replace(/(?<![\w.:/-])\/[\w.-]+(?:\/[\w.-]+)*/g, (path) => {
    const [, top] = path.split('/');
    return existsSync(join(stage.folder, top)) ? join(stage.folder, path) : path;
  });
}

/** The environment in which a stage's commands run. */
export function environmentOf(stage) {
  const mine = Object.entries(process.env).filter(([name]) => passed.test(name));
  const own = Object.entries(stage.env).map(([name, value]) => [name, mapPaths(stage, value)]);
  return { PATH: process.env.PATH, HOME: stage.folder, ...Object.fromEntries([...mine, ...own]) };
}

/** A command of the image as it runs here. */
export const commandOf = (stage, text) => readCommand(text).map((part) => mapPaths(stage, part));

const instructions = {
  FROM: () => undefined,
  WORKDIR(stage, text) {
    stage.workdir = posix.resolve(stage.workdir, text);
    mkdirSync(inStage(stage, '.'), { recursive: true });
  },
  ENV: (stage, text) => Object.assign(stage.env, readPairs(text)),
  COPY: copy,
  RUN: run,
  USER(stage, text, { note }) {
    stage.user = text;
    note(`USER ${text}: skipped, everything runs as ${userInfo().username}`);
  },
  VOLUME: (stage, text) => stage.volumes.push(...(text.startsWith('[') ? JSON.parse(text) : text.split(/\s+/))),
  EXPOSE: () => undefined,
  LABEL: () => undefined,
  HEALTHCHECK(stage, text) {
    const { rest } = readOptions(text);
    stage.healthcheck = rest.replace(/^CMD\s+/, '');
  },
  CMD(stage, text) {
    stage.command = text;
  },
};

function copy(stage, text, { stages, context, ignored, note }) {
  const { options, rest } = readOptions(text);
  const paths = rest.startsWith('[') ? JSON.parse(rest) : rest.split(/\s+/);
  const target = paths.pop();
  const from = options.from === undefined ? undefined : stages.get(options.from);
  if (options.from !== undefined && from === undefined) throw new Error(`COPY --from=${options.from}: no such stage`);
  if (options.chown !== undefined) note(`COPY --chown=${options.chown}: the owner is not changed`);
  for (const path of paths) {
    const source = from === undefined ? join(context, path) : inStage({ ...from, workdir: '/' }, path);
    const filter = (file) => from !== undefined || !ignored(relative(context, file));
    if (!existsSync(source) || !filter(source))
      throw new Error(`COPY ${path}: it is not there, or .dockerignore leaves it out`);
    const intoFolder = target.endsWith('/') || paths.length > 1 || target === '.';
    const place = inStage(stage, target);
    const destination = !statSync(source).isDirectory() && intoFolder ? join(place, basename(source)) : place;
    cpSync(source, destination, { recursive: true, filter, verbatimSymlinks: true });
  }
}

function run(stage, text, { note }) {
  const [command, ...parameters] = commandOf(stage, text);
  const env = environmentOf(stage);
  if (/\bchown\b/.test(text)) env.PATH = `${withoutOwners(stage, note)}${env.PATH}`;
  const options = { cwd: inStage(stage, '.'), env, encoding: 'utf8', maxBuffer: 1e8 };
  const { status, error, stdout, stderr } = spawnSync(command, parameters, options);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`RUN ${text} ended with ${status}:\n${stdout}${stderr}`);
}

/** Where the image's user is not known here, files cannot be given to it: a `chown` before the real one says so. */
function withoutOwners(stage, note) {
  if (spawnSync('id', ['node']).status === 0 && process.getuid?.() === 0) return '';
  const folder = join(stage.folder, '..', 'in-place-of');
  const file = join(folder, 'chown');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, '#!/bin/sh\nexit 0\n');
    chmodSync(file, 0o755);
    note('chown: skipped, there is no user “node” here or no right to give files away');
  }
  return `${folder}:`;
}

/** Whether .dockerignore leaves out a path of the context; the last pattern that fits decides. */
function readIgnored(context) {
  const patterns = readFileSync(join(context, '.dockerignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ kept: line.startsWith('!'), shape: toShape(line.replace(/^!/, '').replace(/^\/|\/$/g, '')) }));
  return (path) => !(patterns.findLast(({ shape }) => shape.test(path))?.kept ?? true);
}

function toShape(pattern) {
  const parts = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
  const shape = pattern.replace(/\*\*\/|\*\*|[*?]|[.+^${}()|[\]\\]/g, (part) => parts[part] ?? `\\${part}`);
  return new RegExp(`^${shape}(?:/|$)`);
}

/** The size of a folder in MB. */
export const sizeOf = (folder) => Number(execFileSync('du', ['-sm', folder], { encoding: 'utf8' }).split('\t')[0]);
