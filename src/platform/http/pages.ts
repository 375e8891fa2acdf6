import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a list answers: a part of it, and how much there is. */
export interface CountedPage<T> {
  items: T[];
  /** null where it is not known. */
  total: number | null;
}

/** A part of a list that is read from a place on; `next` is where the following part begins, null at the end. */
export interface CursorPage<T> {
  items: T[];
  next: number | null;
}

/**
 * Answers one page of a list: the items as the body, its neighbours in `Link` (RFC 8288), the number of all items in
 * `X-Total-Count`. Handlers get one by `@Pages()`.
 */
export class PageAnswer {
  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
  ) {}

  /** A page of `limit` items after the first `offset`. */
  async byOffset<T>(page: Promise<CountedPage<T>>, query: { limit: number; offset: number }): Promise<T[]> {
    const { items, total } = await page;
    const { limit, offset } = query;
    const last = total === null ? undefined : Math.max(0, Math.ceil(total / limit) - 1) * limit;
    const hasNext = total === null ? items.length === limit : offset + limit < total;
    this.answer(
      total,
      {
        first: 0,
        prev: offset > 0 ? Math.max(0, Math.min(offset - limit, last ?? offset)) : undefined,
        next: hasNext ? offset + limit : undefined,
        last,
      },
      (to) => ({ limit, offset: to }),
    );
    return items;
  }

  /** Page number `page` of `per_page` items each; the first is 1. */
  async byNumber<T>(page: Promise<CountedPage<T>>, query: { page: number; per_page: number }): Promise<T[]> {
    const { items, total } = await page;
    const { page: number, per_page } = query;
    const last = total === null ? undefined : Math.max(1, Math.ceil(total / per_page));
    const hasNext = last === undefined ? items.length === per_page : number < last;
    this.answer(
      total,
      {
        first: 1,
        prev: number > 1 ? Math.min(number - 1, last ?? number) : undefined,
        next: hasNext ? number + 1 : undefined,
        last,
      },
      (to) => ({ page: to, per_page }),
    );
    return items;
  }

  /** A page that says where the next one begins. */
  async byCursor<T>(page: Promise<CursorPage<T>>, query: { limit: number }): Promise<T[]> {
    const { items, next } = await page;
    this.answer(null, { next: next ?? undefined }, (cursor) => ({ limit: query.limit, cursor }));
    return items;
  }

  private answer(
    total: number | null,
    pages: Record<string, number | undefined>,
    parametersOf: (page: number) => Record<string, number>,
  ): void {
    if (total !== null) void this.reply.header('x-total-count', total);
    const links = Object.entries(pages).flatMap(([relation, page]) =>
      page === undefined ? [] : [`<${this.urlWith(parametersOf(page))}>; rel="${relation}"`],
    );
    if (links.length > 0) void this.reply.header('link', links.join(', '));
  }

  /** The address of this request with some parameters replaced; the filters stay. */
  private urlWith(parameters: Record<string, number>): string {
    const url = new URL(this.request.url, BASE);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    return `${this.origin()}${url.pathname}${url.search}`;
  }

  /** Where the client sees this API; empty, which makes the links relative, when it did not say. */
  private origin(): string {
    const { protocol, host } = this.request;
    return URL.canParse(`${protocol}://${host}`) ? new URL(`${protocol}://${host}`).origin : '';
  }
}

/** Only to parse what has no origin. */
const BASE = 'http://localhost';

/** What a list that is paged by offset or number says besides its items. */
export const COUNTED_PAGE_HEADERS: Record<string, string> = {
  'X-Total-Count': 'How many items there are in all.',
  Link: 'Neighbouring pages: `first`, `prev`, `next`, `last` (RFC 8288).',
};

/** What a list that is paged by cursor says besides its items. */
export const CURSOR_PAGE_HEADERS: Record<string, string> = {
  Link: 'The `next` page (RFC 8288); absent on the last one.',
};
