export {
  type Answered,
  type Comparison,
  compare,
  normalised,
  similarityOf,
  type Tolerance,
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
