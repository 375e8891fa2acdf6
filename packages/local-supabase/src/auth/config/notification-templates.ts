import type { ConfigSection } from './config-section.ts';
import { readTemplate, type MailTemplate } from './templates.ts';

const WARNING = '<p>If that was not you, secure your account and tell whoever runs {{ .SiteURL }}.</p>';

/** GoTrue's subjects, and bodies, by the names of `[auth.email.notification.*]`. */
const DEFAULTS = {
  password_changed: {
    subject: 'Your password was changed',
    html: `<h2>A new password</h2>
<p>The password of {{ .Email }} has just been changed.</p>
${WARNING}`,
  },
  email_changed: {
    subject: 'Your email address was changed',
    html: `<h2>Another address</h2>
<p>Your account has the address {{ .Email }} now, no longer {{ .OldEmail }}.</p>
${WARNING}`,
  },
  phone_changed: {
    subject: 'Your phone number was changed',
    html: `<h2>Another phone</h2>
<p>The account of {{ .Email }} has the number {{ .Phone }} now, no longer {{ .OldPhone }}.</p>
${WARNING}`,
  },
  identity_linked: {
    subject: 'A new sign-in method was linked to your account',
    html: `<h2>One way more to sign in</h2>
<p>{{ .Provider }} signs in to the account of {{ .Email }} from now on.</p>
${WARNING}`,
  },
  identity_unlinked: {
    subject: 'A sign-in method was removed from your account',
    html: `<h2>One way less to sign in</h2>
<p>{{ .Provider }} no longer signs in to the account of {{ .Email }}.</p>
${WARNING}`,
  },
  mfa_factor_enrolled: {
    subject: 'A new verification method was added to your account',
    html: `<h2>A new second factor</h2>
<p>The account of {{ .Email }} has a second factor more: {{ .FactorType }}.</p>
${WARNING}`,
  },
  mfa_factor_unenrolled: {
    subject: 'A verification method was removed from your account',
    html: `<h2>A second factor less</h2>
<p>The account of {{ .Email }} has lost a second factor: {{ .FactorType }}.</p>
${WARNING}`,
  },
} satisfies Readonly<Record<string, MailTemplate>>;

/** What a user may be told of after it has happened. */
export type NotificationKind = keyof typeof DEFAULTS;

/** The enabled notifications. */
export type NotificationTemplates = ReadonlyMap<NotificationKind, MailTemplate>;

/** Reads `[auth.email.notification]`. As with the Supabase CLI none is sent unless it is `enabled`. */
export function readNotifications(section: ConfigSection, workdir: string): NotificationTemplates {
  const enabled = (Object.keys(DEFAULTS) as NotificationKind[]).filter((kind) =>
    section.section(kind).boolean('enabled', false),
  );
  return new Map(enabled.map((kind) => [kind, readTemplate(section.section(kind), DEFAULTS[kind], workdir)]));
}
