export {
  type Answered,
  type Comparison,
  compare,
  type Difference,
  type Sides,
  type Tolerance,
  type Verdict,
} from './compare.ts';
export {
  isSlower,
  leastControls,
  percentile,
  type Readiness,
  readinessOf,
  type Share,
  shareOf,
  textFloor,
  type Verdicts,
} from './figures.ts';
export { normalised, similarityOf } from './text.ts';
