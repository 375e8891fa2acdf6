/** HTTP methods a rate can be for. HEAD costs what GET costs. */
export type RateMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a request to an endpoint costs. */
export interface Price {
  /** Of the rate that says so. */
  id: number;
  /** Exact path or route pattern with `:name` or `*` parts, as the administrator wrote it. */
  endpointPath: string;
  /** Null for all methods. */
  method: RateMethod | null;
  /** Not negative; 0 makes a route free that a wider rate would charge. */
  creditsPerRequest: number;
}

/** A price as administrators and users see it. */
export interface Rate extends Price {
  description: string;
  isActive: boolean;
  createdAt: Date;
  updatedAt: Date;
}

/** What an administrator says about a new rate. */
export interface NewRate {
  endpointPath: string;
  method?: RateMethod | null | undefined;
  creditsPerRequest: number;
  description?: string | undefined;
  isActive?: boolean | undefined;
}
