/** How far a logged figure may lie from the one that is meant: evaluation flows commonly round to two decimals. */
export const ROUNDING = 0.005 + 1e-9;
