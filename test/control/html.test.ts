import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html } from '#control/html.ts';
import { anyText } from '#test/support/any-text.ts';

describe('markup', () => {
  test.each([
    [
      'a text',
      html`<p>${'<script>alert(1)</script>'}</p>`,
      '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>',
    ],
    [
      'an attribute',
      html`<p title="${'" onclick="x'}"></p>`,
      '<p title="&quot; onclick=&quot;x"></p>',
    ],
    ['an entity', html`${'&lt;'}`, '&amp;lt;'],
    ['a number', html`${0}`, '0'],
    ['nothing', html`<p>${null}${undefined}${false}</p>`, '<p></p>'],
    ['markup of ours', html`<p>${html`<b>${'<'}</b>`}</p>`, '<p><b>&lt;</b></p>'],
    ['a list', html`${['<', html`<i></i>`]}`, '&lt;<i></i>'],
  ])('%s', (_, markup, text) => {
    expect(markup.text).toBe(text);
  });

  test('nothing that comes into it can open a tag or leave an attribute', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(html`${text}`.text).not.toMatch(/[<>"']/);
      }),
    );
  });
});
