export {
  type Answered,
  type Comparison,
  compare,
  type Difference,
  normalised,
  type Sides,
  similarityOf,
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
