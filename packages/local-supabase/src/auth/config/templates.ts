import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { checkTemplate } from '../mail/template/evaluate.ts';
import { TemplateSyntaxError } from '../mail/template/tokens.ts';
import type { ConfigSection } from './config-section.ts';

/** What is sent by mail, by the names of `[auth.email.template.*]`. */
export type MailKind =
  'invite' | 'confirmation' | 'recovery' | 'magic_link' | 'email_change' | 'reauthentication';

/** Subject and HTML body in Go's template syntax. */
export interface MailTemplate {
  readonly subject: string;
  readonly html: string;
}

export type MailTemplates = Readonly<Record<MailKind, MailTemplate>>;

const CODE = '<p>Alternatively, enter the code: {{ .Token }}</p>';

/** GoTrue's subjects; each body has the link and the code, as the local mails of the Supabase CLI do. */
const DEFAULTS: MailTemplates = {
  invite: {
    subject: "You've been invited",
    html: `<h2>You have an invitation</h2>
<p>Somebody invited you to create an account at {{ .SiteURL }}:</p>
<p><a href="{{ .ConfirmationURL }}">Accept the invitation</a></p>
${CODE}`,
  },
  confirmation: {
    subject: 'Confirm your email address',
    html: `<h2>Is this your address?</h2>
<p>Confirm it to finish signing up:</p>
<p><a href="{{ .ConfirmationURL }}">Confirm your email address</a></p>
${CODE}`,
  },
  recovery: {
    subject: 'Reset your password',
    html: `<h2>A new password</h2>
<p>Somebody asked for a new password for this account. If that was you:</p>
<p><a href="{{ .ConfirmationURL }}">Reset your password</a></p>
${CODE}`,
  },
  magic_link: {
    subject: 'Your sign-in link',
    html: `<h2>Sign in</h2>
<p>This link works once:</p>
<p><a href="{{ .ConfirmationURL }}">Sign in</a></p>
${CODE}`,
  },
  email_change: {
    subject: 'Confirm your new email address',
    html: `<h2>A new address</h2>
<p>Confirm that your address changes from {{ .Email }} to {{ .NewEmail }}:</p>
<p><a href="{{ .ConfirmationURL }}">Confirm the new email address</a></p>
${CODE}`,
  },
  reauthentication: {
    subject: '{{ .Token }} is your verification code',
    html: `<h2>Is it you?</h2>
<p>Enter the code: {{ .Token }}</p>`,
  },
};

/** The templates with what the project overrides. */
export function readTemplates(section: ConfigSection, workdir: string): MailTemplates {
  const read = (kind: MailKind): MailTemplate => readTemplate(section.section(kind), DEFAULTS[kind], workdir);
  return {
    invite: read('invite'),
    confirmation: read('confirmation'),
    recovery: read('recovery'),
    magic_link: read('magic_link'),
    email_change: read('email_change'),
    reauthentication: read('reauthentication'),
  };
}

/**
 * A template with what the project overrides (`subject`, `content_path` or `content`); paths are the project's. One that
 * Go could not read is not used, neither its subject nor its body, as GoTrue has it.
 */
export function readTemplate(own: ConfigSection, standard: MailTemplate, workdir: string): MailTemplate {
  const path = own.string('content_path', '');
  const template = {
    subject: own.string('subject', '') || standard.subject,
    html: path === '' ? own.string('content', '') || standard.html : readFile(path, workdir),
  };
  try {
    checkTemplate(template.subject);
    checkTemplate(template.html);
    return template;
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error;
    process.stderr.write(
      `[auth] the mail "${template.subject}" is sent in the standard words: ${error.message}\n`,
    );
    return standard;
  }
}

/** The CLI took paths from the project's folder first and from `supabase/` later; both are found. */
function readFile(path: string, workdir: string): string {
  const places = isAbsolute(path) ? [path] : [join(workdir, path), join(workdir, 'supabase', path)];
  const place = places.find((candidate) => existsSync(candidate));
  if (place === undefined) throw new Error(`config.toml: the mail template ${path} does not exist.`);
  return readFileSync(place, 'utf8');
}
