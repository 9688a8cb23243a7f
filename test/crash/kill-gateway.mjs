// Kills the gateway at random moments under load, and looks after each kill whether all that it had acknowledged is there:
// `npm run build && npm run test:crash -- --kills 50`. Ends non-zero if anything is lost, doubled, out of order or unreadable,
// or if the program does not start again by itself.
import { parseArgs } from 'node:util';
import {
  emptyFolder,
  endWithSignals,
  freePort,
  removeFolder,
  spawnProgram,
  startProgram,
  writeConfig,
} from '../support/program.mjs';
import { speakers } from '../support/speakers.mjs';
import { createWeb } from '../support/web.mjs';
import { examine } from './history.mjs';
import { createVisitor } from './visitor.mjs';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '50' } } });
const kills = Number(values.kills);
if (!Number.isInteger(kills) || kills < 1) throw new Error('--kills must be a positive whole number');

/** Visitors of each dialect at once. */
const crowd = 2;
/** Of so many kills one hits a program that is only just starting. */
const early = 6;
/** Calls before a kill, at most, and the time that they may take, in milliseconds. */
const most = 1_200;
const longest = 6_000;
/** Conversations of earlier rounds that are read again in each; in the end all are. */
const sample = 150;

endWithSignals();
const folder = await emptyFolder();
const port = await freePort();
const config = await writeConfig(folder, (demo) => {
  demo.listen.port = port;
});
const environment = { DRAGOMAN_CONFIG: config };
const ledgers = [];
const problems = [];
const web = createWeb(`http://127.0.0.1:${port}`);
// Visitors keep their client from start to start: its broken connections are theirs to get over.
const visitors = Object.keys(speakers).flatMap((name) =>
  Array.from({ length: crowd }, () => createVisitor({ name, web, ledgers })),
);

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Lets all visitors talk, and kills the program after so many calls (or some seconds); what fails before that is a problem. */
async function talkUntilKilled(program, calls) {
  const state = { killed: false, steps: 0 };
  let stopNow;
  const enough = new Promise((resolve) => {
    stopNow = resolve;
  });
  const talking = visitors.map(async (visitor) => {
    while (!state.killed) {
      try {
        await visitor.step();
        state.steps += 1;
        if (state.steps === calls) stopNow();
      } catch (failure) {
        if (state.killed) return;
        problems.push(`before the kill: ${failure.message}`);
        console.log(`  ! ${problems.at(-1)}`);
        await pause(50);
      }
    }
  });
  await Promise.race([enough, pause(longest)]);
  await pause(Math.random() * 10); // at any point of the calls that are under way
  state.killed = true;
  await program.kill();
  await Promise.all(talking);
  return state.steps;
}

async function killWhileStarting(afterMs) {
  const program = spawnProgram({ environment });
  await pause(afterMs);
  program.child.kill('SIGKILL');
  await program.ended;
}

async function look(all) {
  const recent = ledgers.slice(-sample);
  const older = ledgers.slice(0, -sample).filter(() => Math.random() < sample / ledgers.length);
  const { problems: found, ...read } = await examine(web, all ? ledgers : [...older, ...recent]);
  for (const problem of found.filter((problem) => !problems.includes(problem))) {
    problems.push(problem);
    console.log(`  ! ${problem}`);
  }
  return read;
}

console.log('kill  after calls  up again ms  conversations  messages read  problems');
for (let kill = 1; kill <= kills; kill += 1) {
  const startedAt = performance.now();
  const program = await startProgram({ environment });
  const upAfter = performance.now() - startedAt;
  const { conversations, messages } = await look(false);
  const starting = kill % early === 0;
  let calls = 'starting';
  if (starting) {
    await program.stop();
    await killWhileStarting(Math.random() * upAfter);
  } else {
    calls = await talkUntilKilled(program, 1 + Math.floor(Math.random() ** 2 * most));
  }
  const cells = [kill, calls, Math.round(upAfter), conversations, messages, problems.length];
  const widths = [4, 13, 13, 15, 15, 10];
  console.log(cells.map((cell, index) => String(cell).padStart(widths[index])).join(''));
}

const program = await startProgram({ environment });
const { conversations, messages } = await look(true);
const { code } = await program.stop();
if (code !== 0) problems.push(`the last stop ended with ${code}`);
web.close();
const acknowledged = ledgers.flatMap(({ turns }) => turns).filter(({ begun, reply }) => begun || reply !== undefined);
console.log(
  `${kills} kills survived with ${acknowledged.length} acknowledged turns; ${conversations} conversations, ${messages} messages read at the end; ` +
    `${problems.length} problems`,
);
if (acknowledged.length === 0) problems.push('nothing was acknowledged');
if (problems.length === 0) await removeFolder(folder);
else console.log(`The data is kept in ${folder}`);
process.exit(problems.length === 0 ? 0 : 1);
