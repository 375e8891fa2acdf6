import { pathParts, patternParts, type PathPart } from './rate-path.js';
import type { Price } from './rate.types.js';

/** The request a price is wanted for. */
export interface PricedRequest {
  method: string;
  /** As requested: `/api/v1/users/7?x=1`. */
  path: string;
  /** The route's own pattern: `/api/users/:id`. Without it, a `:name` of a rate stands for any part. */
  route?: string | undefined;
}

interface Candidate {
  price: Price;
  parts: PathPart[];
}

/** A HEAD is served by the GET handler, so it costs the same. */
const methodOf = (method: string): string => {
  const upper = method.toUpperCase();
  return upper === 'HEAD' ? 'GET' : upper;
};

const WEIGHT: Readonly<Record<PathPart['kind'], number>> = { literal: 0, parameter: 1, any: 2 };

/** From the most specific to the least: part by part from the left, then longer, then for one method. */
function bySpecificity(a: Candidate, b: Candidate): number {
  const length = Math.min(a.parts.length, b.parts.length);
  for (let index = 0; index < length; index += 1) {
    const [x, y] = [a.parts[index], b.parts[index]];
    if (x && y && x.kind !== y.kind) return WEIGHT[x.kind] - WEIGHT[y.kind];
  }
  return (
    b.parts.length - a.parts.length ||
    Number(a.price.method === null) - Number(b.price.method === null) ||
    a.price.id - b.price.id
  );
}

/**
 * Whether one part of a rate stands for one part of the request. A literal part of the route is compared with what the
 * route says, not with what was typed, so that no other spelling of the same route escapes its price; and a `:name` of a
 * rate means a parameter of the route: the rate of `/users/:id` is not the price of `/users/me`.
 */
function partMatches(part: PathPart, actual: string, ofRoute: PathPart | undefined): boolean {
  if (part.kind === 'any') return true;
  if (part.kind === 'parameter') return ofRoute?.kind !== 'literal';
  return part.text === (ofRoute?.kind === 'literal' ? ofRoute.text : actual);
}

function matches(candidate: Candidate, actual: readonly string[], route: readonly PathPart[]): boolean {
  const { parts } = candidate;
  const hasRest = parts.at(-1)?.kind === 'any';
  if (hasRest ? actual.length < parts.length : actual.length !== parts.length) return false;
  const wildcard = route.findIndex(({ kind }) => kind === 'any');
  return parts.every((part, index) => {
    // Behind the route's own wildcard there is only what was typed.
    const ofRoute = wildcard !== -1 && index >= wildcard ? undefined : route[index];
    return partMatches(part, actual[index] ?? '', ofRoute);
  });
}

/** Whether a request of this route could match, whatever stands for its parameters. */
function couldMatch({ parts }: Candidate, route: readonly PathPart[]): boolean {
  for (const [index, part] of parts.entries()) {
    const ofRoute = route[index];
    // Behind a wildcard of either nothing can be said beforehand.
    if (part.kind === 'any' || ofRoute?.kind === 'any') return true;
    if (!ofRoute || !partMatches(part, part.kind === 'literal' ? part.text : '', ofRoute)) return false;
  }
  return parts.length === route.length || route.at(-1)?.kind === 'any';
}

/** The rates that could be those of a route. */
interface Choice {
  route: PathPart[];
  candidates: readonly Candidate[];
  /** The price of a route that has only one path. */
  fixed?: Price | undefined;
}

/** The texts of a route without parameters, which is its only path however it was typed; otherwise undefined. */
function onlyPathOf(route: readonly PathPart[]): string[] | undefined {
  const texts = route.flatMap((part) => (part.kind === 'literal' ? [part.text] : []));
  return texts.length === route.length ? texts : undefined;
}

const firstMatch = ({ candidates, route }: Choice, path: readonly string[]): Price | undefined =>
  candidates.find((candidate) => matches(candidate, path, route))?.price;

/** Finds the price of a request among those of the active rates. Made once for each set, asked for each request. */
export class RateMatcher {
  private readonly candidates: readonly Candidate[];
  /** Of each method and route; mostly there are none, and then the path need not be looked at. */
  private readonly choices = new Map<string, Choice>();

  constructor(prices: readonly Price[]) {
    this.candidates = prices
      .map((price) => ({ price, parts: patternParts(price.endpointPath) }))
      .sort(bySpecificity);
  }

  /** The most specific price of the request's method and path; undefined when it is free. */
  match({ method: sent, path, route }: PricedRequest): Price | undefined {
    const method = methodOf(sent);
    const choice = this.choiceOf(method, route);
    if (choice.fixed || choice.candidates.length === 0) return choice.fixed;
    return firstMatch(choice, pathParts(path));
  }

  /** There are only so many routes, so all can be remembered. */
  private choiceOf(method: string, route: string | undefined): Choice {
    const key = `${method} ${route ?? ''}`;
    let choice = this.choices.get(key);
    if (!choice) {
      const parts = route === undefined ? [] : patternParts(route);
      const candidates = this.candidates.filter(
        (candidate) =>
          (candidate.price.method ?? method) === method &&
          (route === undefined || couldMatch(candidate, parts)),
      );
      choice = { route: parts, candidates };
      const only = route === undefined ? undefined : onlyPathOf(parts);
      if (only) choice.fixed = firstMatch(choice, only);
      this.choices.set(key, choice);
    }
    return choice;
  }
}
