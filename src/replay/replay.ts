import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { unreachable } from '../backends/aside.ts';
import { type RecordedExchange, readCassette } from '../cassettes/index.ts';
import {
  type Answered,
  byClass,
  type Comparison,
  carriedByAll,
  compare,
  type Share,
  shareOf,
  type Verdicts,
} from '../comparing/index.ts';
import { carriesOf, type Dialect } from '../dialects/dialect.ts';
import { dialects } from '../dialects/registry.ts';
import { Unreachable } from '../network/index.ts';
import { type Asker, createAsker, type Dialogue, type Target } from './ask.ts';
import { type RecordedTurn, readBeginning, readTurn } from './recorded-turn.ts';

export interface ReplaySettings extends Omit<Target, 'dialect'> {
  readonly cassette: string;
  /** The dialect that the target speaks; that of the recording unless set. */
  readonly as?: string;
  readonly pace: 'real' | 'fast';
  readonly text: number;
  readonly ignore: readonly string[];
}

export interface Replayed extends Share {
  readonly verdicts: Verdicts;
  /** Exchanges that are no turns, or that could not be read: they were not asked. */
  readonly passedOver: number;
  /** Fields that differed, each with how often it did and the first three times. */
  readonly differences: readonly FieldDifferences[];
}

export interface FieldDifferences {
  readonly field: string;
  readonly count: number;
  readonly examples: readonly { readonly line: number; readonly primary: unknown; readonly candidate: unknown }[];
}

/** Those that were longest silent begin anew. Our choice: a cassette may hold any number. */
const mostDialogues = 10_000;

/** Asks again each turn of a cassette, one after another, and compares. Throws `Unreachable`, and what is wrong with the cassette. */
export async function replay(settings: ReplaySettings): Promise<Replayed> {
  const report = createReport();
  const askers = new Map<string, Asker>();
  const dialogues = new LRUCache<string, Dialogue>({ max: mostDialogues });
  const agents = new LRUCache<string, string>({ max: mostDialogues });
  const pace = createPace(settings.pace);
  let line = 0;
  try {
    for await (const { exchange } of readCassette(settings.cassette)) {
      line += 1;
      const dialect = dialectNamed(exchange.dialect);
      const turn = readTurn(dialect, exchange, agents);
      if (turn === undefined) {
        const begun = readBeginning(dialect, exchange);
        if (begun !== undefined) agents.set(begun.conversationId, begun.agent);
        report.passOver();
        continue;
      }
      await pace(exchange);
      const spoken = dialectNamed(settings.as ?? dialect.name);
      const asker = askers.get(spoken.name) ?? createAsker({ ...settings, dialect: spoken.name });
      askers.set(spoken.name, asker);
      const dialogue = dialogueOf(dialogues, { dialect, turn, asker });
      const candidate = await dialogue.ask(turn.turn);
      if (candidate.code === unreachable) throw new Unreachable(`Nobody is at ${settings.url}`);
      dialogue.note(turn.turn, turn.answered.reply);
      report.add(line, judge({ exchange, primary: turn.answered, candidate, dialect, spoken }, settings));
    }
    return report.whole();
  } finally {
    for (const asker of askers.values()) await asker.close();
  }
}

interface Heard {
  readonly exchange: RecordedExchange;
  readonly primary: Answered;
  readonly candidate: Answered;
  readonly dialect: Dialect;
  readonly spoken: Dialect;
}

/** Of what was masked, nothing is left to compare but what kind of answer it was. */
const wordsAndItems = ['output.text', 'output.items', 'output.suggestions', 'item'];

function judge({ exchange, primary, candidate, dialect, spoken }: Heard, { text, ignore }: ReplaySettings): Comparison {
  const carried = carriedByAll(carriesOf(dialect), carriesOf(spoken));
  const isMasked = exchange.text === 'mask';
  // A dialect's own status says nothing in another one, and one success is as good as another.
  const isSame = dialect === spoken && !(primary.code === 'ok' && candidate.code === 'ok');
  const sides = isSame ? { primary, candidate } : { primary: byClass(primary), candidate: byClass(candidate) };
  const found = compare(sides, {
    text,
    ignore: [...ignore, ...(isMasked ? wordsAndItems : [])],
    carries: (field) => field === 'output.finishReason' || carried(field),
  });
  const [said, answered] = [primary, candidate].map(({ reply }) => reply !== undefined && reply.text.trim() !== '');
  if (!isMasked || found.verdict !== 'equal' || said === answered) return found;
  return { verdict: 'different', differences: [{ field: 'output.text', primary: said, candidate: answered }] };
}

interface InDialogue {
  readonly dialect: Dialect;
  readonly turn: RecordedTurn;
  readonly asker: Asker;
}

/** The dialogue that a turn goes on with: of the recorded conversation, of a site's session, or a new one. */
function dialogueOf(
  dialogues: LRUCache<string, Dialogue>,
  { dialect, turn: { turn, conversationId }, asker }: InDialogue,
): Dialogue {
  const { sessionId } = turn.participant;
  const session = dialect.credential.kind === 'site' && sessionId !== undefined ? [`session ${sessionId}`] : [];
  const asked = turn.conversationId === undefined ? [] : [`conversation ${turn.conversationId}`];
  const told = conversationId === undefined ? [] : [`conversation ${conversationId}`];
  const dialogue =
    [...asked, ...session].map((key) => dialogues.get(key)).find((each) => each !== undefined) ?? asker.begin();
  for (const key of [...asked, ...session, ...told]) dialogues.set(key, dialogue);
  return dialogue;
}

function dialectNamed(name: string): Dialect {
  const found = dialects.find(({ name: known }) => known === name);
  if (found === undefined)
    throw new Error(`There is no dialect ${name}; there are ${dialects.map((each) => each.name).join(', ')}`);
  return found;
}

/** Waits as long before an exchange as was waited in the recording. */
function createPace(pace: ReplaySettings['pace']): (exchange: RecordedExchange) => Promise<void> {
  const started = performance.now();
  let first: number | undefined;
  return async ({ at }) => {
    first ??= Date.parse(at);
    const early = Date.parse(at) - first - (performance.now() - started);
    if (pace === 'real' && early > 0) await wait(early);
  };
}

const mostExamples = 3;

function createReport() {
  const verdicts = { equal: 0, equivalent: 0, different: 0, failed: 0, inconclusive: 0 };
  const fields = new Map<string, { count: number; examples: FieldDifferences['examples'][number][] }>();
  let passedOver = 0;
  return {
    passOver() {
      passedOver += 1;
    },
    add(line: number, { verdict, differences }: Comparison) {
      verdicts[verdict] += 1;
      for (const { field, primary, candidate } of differences) {
        const known = fields.get(field) ?? { count: 0, examples: [] };
        fields.set(field, known);
        known.count += 1;
        if (known.examples.length < mostExamples) known.examples.push({ line, primary, candidate });
      }
    },
    whole(): Replayed {
      const differences = [...fields].map(([field, found]) => ({ field, ...found }));
      return {
        ...shareOf(verdicts),
        verdicts,
        passedOver,
        differences: differences.sort((one, other) => other.count - one.count),
      };
    },
  };
}
