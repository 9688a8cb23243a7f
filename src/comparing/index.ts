export {
  type Answered,
  byClass,
  type Comparison,
  carriedByAll,
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
  type Spread,
  shareOf,
  textFloor,
  type Verdicts,
} from './figures.ts';
