/** The chart of docs/calibration.md: how gates end, by what a head truly costs. Pure; SVG as text. */

/** One bar: shares of all gates, together 1; fails at the bottom. */
export interface Bar {
  readonly label: string;
  readonly pass: number;
  readonly inconclusive: number;
  readonly fail: number;
  /** Share of single values beyond 105 % of the base's. */
  readonly single: number;
}

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const colours = { pass: '#3b8f6e', inconclusive: '#c8ccd4', fail: '#c8443c', single: '#1f2430' } as const;
const panelWidth = 290;
const panelHeight = 190;
const plot = { left: 52, top: 34, width: 228, height: 110 } as const;
const header = 40;
/** Panels with fewer keep their bars' width. */
const MOST_BARS = 6;

function text(x: number, y: number, content: string, style = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${style}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}

function rectangle(x: number, y: number, width: number, height: number, fill: string): string {
  const [a, b, c, d] = [x, y, width, height].map((value) => value.toFixed(1));
  return `<rect x="${a ?? ''}" y="${b ?? ''}" width="${c ?? ''}" height="${d ?? ''}" fill="${fill}"/>`;
}

function barOf(bar: Bar, x: number, width: number): string {
  const { top, height } = plot;
  const parts = (['fail', 'inconclusive', 'pass'] as const).map((outcome) => ({ outcome, share: bar[outcome] }));
  let y = top + height;
  const drawn = parts.map(({ outcome, share }) => {
    y -= share * height;
    return rectangle(x, y, width, share * height, colours[outcome]);
  });
  const dot = `<circle cx="${(x + width / 2).toFixed(1)}" cy="${(top + (1 - bar.single) * height).toFixed(1)}" r="3.5" fill="${colours.single}" stroke="#fff"/>`;
  return [...drawn, dot, text(x + width / 2, top + height + 15, bar.label, ' text-anchor="middle"')].join('\n');
}

function panelOf({ title, bars }: Panel, x: number, y: number): string {
  const { left, top, width, height } = plot;
  const step = width / Math.max(bars.length, MOST_BARS);
  const axis = [0, 0.5, 1].map((share) => {
    const at = top + (1 - share) * height;
    const line = `<line x1="${String(left - 4)}" x2="${String(left + width)}" y1="${String(at)}" y2="${String(at)}" stroke="#e3e5ea"/>`;
    return line + text(left - 8, at + 4, `${String(100 * share)} %`, ' text-anchor="end"');
  });
  return [
    `<g transform="translate(${String(x)} ${String(y)})">`,
    text(left, 18, title, ' font-weight="bold"'),
    ...axis,
    ...bars.map((bar, index) => barOf(bar, left + index * step + step * 0.14, step * 0.72)),
    '</g>',
  ].join('\n');
}

/** @param rows of panels, from top to bottom */
export function chartOf(rows: readonly (readonly Panel[])[]): string {
  const width = panelWidth * Math.max(...rows.map((row) => row.length));
  const height = header + panelHeight * rows.length;
  const legend = [
    { name: 'fail', colour: colours.fail },
    { name: 'inconclusive', colour: colours.inconclusive },
    { name: 'pass', colour: colours.pass },
  ].map(({ name, colour }, index) => {
    const x = plot.left + index * 110;
    return rectangle(x, 16, 12, 12, colour) + text(x + 18, 26, name);
  });
  const single = `<circle cx="${String(plot.left + 340)}" cy="22" r="3.5" fill="${colours.single}"/>${text(plot.left + 350, 26, 'fails of a gate that compares two single values at 105 %')}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" font-family="sans-serif" font-size="12" fill="#1f2430">`,
    rectangle(0, 0, width, height, '#fff'),
    ...legend,
    single,
    ...rows.flatMap((row, y) => row.map((panel, x) => panelOf(panel, x * panelWidth, header + y * panelHeight))),
    '</svg>',
    '',
  ].join('\n');
}
