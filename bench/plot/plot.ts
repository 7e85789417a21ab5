import type { Ratio } from '../harness/case.ts';
import type { Report } from '../harness/report.ts';
import type { Picture } from './svg.ts';

/** A picture, or why this run has none, in a sentence. */
export type Drawing = Picture | { readonly missing: string };

export interface Plot {
  /** The file is NAME.svg. */
  readonly name: string;
  /** What it shows, for who cannot see it. */
  readonly alt: string;
  draw(report: Report, ratios: readonly Ratio[]): Drawing;
}
