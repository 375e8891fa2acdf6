/** What a service needs to know of the request, besides what was asked. */
export interface RequestInfo {
  /** The client's address, for sessions and the audit log. */
  readonly ip: string;
  readonly userAgent: string | null;
  /** The audience users are looked up in: `authenticated`, unless the request says otherwise. */
  readonly audience: string;
  /** Where a link that this request causes may lead. Already checked against the allow list. */
  readonly redirectTo: string;
}
