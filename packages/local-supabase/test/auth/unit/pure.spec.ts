import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { ConfigSection } from '../../../src/auth/config/config-section.ts';
import { parseDuration } from '../../../src/auth/config/duration.ts';
import { readTemplate } from '../../../src/auth/config/templates.ts';
import { globToRegExp } from '../../../src/auth/http/redirect-glob.ts';
import { RedirectTargets } from '../../../src/auth/http/redirect-target.ts';
import { TokenBuckets } from '../../../src/auth/limits/token-bucket.ts';
import { renderHtml } from '../../../src/auth/mail/render.ts';
import { generateCode, hashCode, matchesToken } from '../../../src/auth/tokens/one-time-code.ts';
import { mergeMetadata } from '../../../src/auth/users/metadata.ts';

describe('parseDuration', () => {
  it.each([
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['-2m', -120_000],
    ['100ms', 100],
    ['0', 0],
    ['24h0m0s', 86_400_000],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '1', 'h', '1d', '1h ', 'one hour', '1h-1m', '.s'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('globs of redirects', () => {
  it.each([
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.example.com', false],
    ['https://example.com/*', 'https://example.com/a', true],
    ['https://example.com/*', 'https://example.com/a/b', false],
    ['https://example.com/**', 'https://example.com/a/b.html', true],
    ['https://example.com', 'https://example.com.evil.com', false],
    ['https://example?com', 'https://example-com', true],
    ['https://example?com', 'https://example.com', false],
    ['myapp://{login,logout}', 'myapp://logout', true],
    ['http://host:300[0-2]/', 'http://host:3001/', true],
    ['http://host:300[!0-2]/', 'http://host:3001/', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
  ])('%s against %s', (glob, url, matches) => {
    expect(globToRegExp(glob).test(url)).toBe(matches);
  });

  it('of plain text match that text only', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.webUrl(), (one, other) => {
        fc.pre(!/[*?{}[\]\\,]/.test(one));
        const pattern = globToRegExp(one);
        return pattern.test(one) && pattern.test(other) === (one === other);
      }),
    );
  });
});

describe('redirects', () => {
  const targets = new RedirectTargets('https://site.example.com', [
    'https://*.allowed.com/**',
    'com.my_cool_app.example://callback',
    'https://2130706433/**',
    'https://münchen.de/**',
    'https://my_host.de/**',
  ]);

  it.each([
    ['https://site.example.com/any?where#to', true],
    ['https://SITE.example.com/', true],
    ['http://site.example.com/', false],
    ['https://site.example.com:8443/', false],
    ['https://user@site.example.com/', true],
    ['https://site.example.com@evil.com/', false],
    ['https://app.allowed.com/a/b', true],
    ['https://app.allowed.com/a#b', true],
    ['\thttps://app.allowed.com/a', false],
    ['com.my_cool_app.example://callback', true],
    ['com.my_cool_app.example://other', false],
    ['http://127.0.0.1:9999/', true],
    ['http://[::1]/', true],
    ['http://127.1/', false],
    ['https://2130706433/a', false],
    ['https:/\\2130706433/a', false],
    ['https://münchen.de/', false],
    ['https://my_host.de/', false],
    ['javascript://127.0.0.1/%0aalert(1)', false],
    ['', false],
  ])('to %j: %s', (url, isAllowed) => {
    expect(targets.isAllowed(url)).toBe(isAllowed);
  });

  it('to another port of the site are allowed on loopback', () => {
    const local = new RedirectTargets('http://localhost:3000', []);
    expect(local.isAllowed('http://localhost:5173/callback')).toBe(true);
    expect(local.isAllowed('https://localhost:5173/callback')).toBe(false);
  });
});

describe('token buckets', () => {
  it('never let more through than capacity and rate allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 100 }),
        (capacity, pauses) => {
          const buckets = new TokenBuckets(capacity, 0.01);
          let now = 0;
          let taken = 0;
          for (const pause of pauses) {
            now += pause;
            if (buckets.take('somebody', now)) taken += 1;
          }
          return taken <= capacity + now * 0.01 + 1e-6;
        },
      ),
    );
  });

  it('are one for each key, and fill again', () => {
    const buckets = new TokenBuckets(1, 0.001);
    expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('b', 0)]).toEqual([true, false, true]);
    expect([buckets.take('a', 999), buckets.take('a', 1001)]).toEqual([false, true]);
  });
});

describe('one-time codes', () => {
  it('have their length, and match by their hash in either flow', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 10 }), fc.emailAddress(), (digits, email) => {
        const code = generateCode(digits);
        const hash = hashCode(email, code);
        return (
          code.length === digits &&
          matchesToken(hash, hash) &&
          matchesToken(hash, `pkce_${hash}`) &&
          !matchesToken(hash, hashCode(email, `${code}0`)) &&
          !matchesToken(hash, '') &&
          !matchesToken('', '')
        );
      }),
    );
  });
});

describe('templates', () => {
  const VALUES = {
    Email: 'a+b@example.com',
    SiteURL: 'https://shop.example.com',
    RedirectTo: 'https://shop.example.com/in?a=1&b=ü',
    App: 'myapp://in',
    Token: '123456',
    Data: { lang: 'de', age: 1234567, tags: ['a', '<b>'], admin: false, address: { city: 'Ulm' } },
  };

  it.each([
    ['{{.Token}}{{ .Nothing }}{{ .Data.nothing.at.all }}', '123456'],
    ['a {{- .Token -}} b {{/* said to nobody */ -}} c<!-- {{ .Token }} -->', 'a123456b c'],
    ['{{ .Email }}', 'a&#43;b@example.com'],
    ['{{ if eq .Data.lang "en" `de` }}Hallo{{ else }}Hello{{ end }}', 'Hallo'],
    [
      '{{ if .Data.admin }}1{{ else if .Data.nothing }}2{{ else if eq .Data.lang "de" }}3{{ else }}4{{ end }}',
      '3',
    ],
    ['{{ if and .Data.lang (not .Data.admin) (or .Data.nothing (gt .Data.age 5)) }}yes{{ end }}', 'yes'],
    ['{{ if and .Data.lang .Data.nothing }}yes{{ else }}no{{ end }}', 'no'],
    ['{{ with .Data.address }}{{ .city }} {{ $.Token }}{{ else }}nowhere{{ end }}', 'Ulm 123456'],
    ['{{ range $i, $tag := .Data.tags }}{{ if $i }}, {{ end }}{{ $tag }}{{ end }}', 'a, &lt;b&gt;'],
    ['{{ range .Data.tags }}{{ . }}{{ break }}{{ else }}none{{ end }}', 'a'],
    ['{{ $name := "you" }}{{ if .Data.lang }}{{ $name = .Data.lang }}{{ end }}{{ $name }}', 'de'],
    ['{{ index .Data "tags" 0 }} {{ len .Data.tags }} {{ .Data.tags }}', 'a 2 [a &lt;b&gt;]'],
    ['{{ .Data.age }} {{ .Data.admin }} {{ .Data.address }}', '1.234567e&#43;06 false map[city:Ulm]'],
    [
      '{{ printf "%s-%.1f" .Data.lang 2.26 }} {{ .Token | printf "<%s>" }} {{ slice .Token 0 3 }}',
      'de-2.3 &lt;123456&gt; 123',
    ],
    [
      '<a class=x href="{{ .SiteURL }}/in?token={{ .Token }}&next={{ .RedirectTo }}">{{ .SiteURL }}</a>',
      '<a class=x href="https://shop.example.com/in?token=123456&next=https%3a%2f%2fshop.example.com%2fin%3fa%3d1%26b%3d%c3%bc">https://shop.example.com</a>',
    ],
    ["<a href='{{ .RedirectTo }}'>", "<a href='https://shop.example.com/in?a=1&amp;b=%c3%bc'>"],
    ['<a href="{{ .App }}" title="{{ .App }}">', '<a href="#ZgotmplZ" title="myapp://in">'],
  ])('are Go’s: %s', (template, html) => {
    expect(renderHtml(template, VALUES)).toBe(html);
  });

  it.each([
    '{{ if .A }}',
    '{{ .A',
    '{{ end }}',
    '{{ nothing }}',
    '{{ else }}',
    '{{ }}',
    '{{ break }}',
    '{{ (.A }}',
  ])('that Go cannot read are given up for the standard ones: %s', (content) => {
    const standard = { subject: 'standard', html: 'standard' };
    const log = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const template = readTemplate(new ConfigSection({ subject: 'own', content }, 'invite'), standard, '.');
    log.mockRestore();
    expect(template).toEqual(standard);
  });

  it('never let a value become markup', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const html = renderHtml('<p>{{ .Data.name }}</p>', { Data: { name: value } });
        return !/[<>"']/.test(html.slice(3, -4));
      }),
    );
  });
});

describe('metadata', () => {
  it('is merged by key, and null removes', () => {
    expect(mergeMetadata({ a: 1, b: { c: 2 } }, { a: null, b: { d: 3 }, e: 4 })).toEqual({
      b: { d: 3 },
      e: 4,
    });
    expect(mergeMetadata(null, { a: 1 })).toEqual({ a: 1 });
  });
});
