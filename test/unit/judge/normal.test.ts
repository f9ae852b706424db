import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../../src/judge/normal.js';

describe('normalQuantile', () => {
  // Published percentage points, one in each of the algorithm's three ranges and their mirror images.
  it.each([
    [0.5, 0],
    [0.75, 0.6744897502],
    [0.975, 1.9599639845],
    [0.995, 2.5758293035],
    [0.9995, 3.2905267315],
    [1e-5, -4.2648907939],
    [1e-9, -5.997807015],
    [1e-15, -7.9413453262],
  ])('of %d is %d', (probability, z) => {
    expect(Math.abs(normalQuantile(probability) - z)).toBeLessThan(1e-6);
    if (probability > 1e-9) expect(Math.abs(normalQuantile(1 - probability) + z)).toBeLessThan(1e-6);
  });

  it.each([0, 1, -0.1, 1.1, NaN])('is not defined at %d', (probability) => {
    expect(normalQuantile(probability)).toBeNaN();
  });
});
