/** The state of a target, and the number of consecutive checks with the opposite result. */
export interface Health {
  readonly state: 'initial' | 'healthy' | 'unhealthy';
  readonly oppositeResults: number;
}

export interface Thresholds {
  readonly healthy: number;
  readonly unhealthy: number;
}

export const initialHealth: Health = { state: 'initial', oppositeResults: 0 };

/**
 * The next state of a target. A new target becomes healthy with its first passed check. Later, a change takes as many
 * consecutive checks as the thresholds require ("Health checks for Application Load Balancer target groups").
 */
export function nextHealth(health: Health, passed: boolean, thresholds: Thresholds): Health {
  if (health.state === 'initial') return { state: passed ? 'healthy' : 'initial', oppositeResults: 0 };
  const agrees = passed ? health.state === 'healthy' : health.state === 'unhealthy';
  if (agrees) return { state: health.state, oppositeResults: 0 };
  const against = health.oppositeResults + 1;
  const threshold = passed ? thresholds.healthy : thresholds.unhealthy;
  if (against < threshold) return { state: health.state, oppositeResults: against };
  return { state: passed ? 'healthy' : 'unhealthy', oppositeResults: 0 };
}

/** Compiles a matcher: `200`, `200,204`, `200-299`. */
export function statusMatcher(matcher: string): (status: number) => boolean {
  const ranges = matcher.split(',').map((part) => {
    const [from = '', to = from] = part.trim().split('-');
    return { from: Number(from), to: Number(to) };
  });
  return (status) => ranges.some(({ from, to }) => status >= from && status <= to);
}
