import type { Probe } from '../domain/probe.js';
export function probeMachine(): Promise<Probe[]> {
  return Promise.resolve([]);
}
