/** Long enough that who speaks never sleeps, and short enough that who is silent does: what is measured is the dispatch. */
export const SCALE_IDLE = { spinMicroseconds: 1000 } as const;
