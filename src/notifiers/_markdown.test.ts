import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { markdownToHtml, textOf } from './_markdown.ts'

for (const [markdown, html] of [
  ['**bold** _it_ `code`', '<p><strong>bold</strong> <em>it</em> <code>code</code></p>'],
  ['[x](https://a.b/?c=1&d)', '<p><a href="https://a.b/?c=1&amp;d" rel="noopener nofollow">x</a></p>'],
  ['[x](javascript:alert(1))', '<p>x</p>'],
  ['[x](data:text/html,y)', '<p>x</p>'],
  ['![alt](https://a.b/c.png)', '<p><img src="https://a.b/c.png" alt="alt"></p>'],
  ['![a"b](file:///etc/passwd)', '<p>a&quot;b</p>'],
  ['patched <script>alert(1)</script>', '<p>patched &lt;script&gt;alert(1)&lt;/script&gt;</p>'],
  ['at <code>12:00</code><br>and', '<p>at <code>12:00</code><br>and</p>'],
  ['<b onclick="x()">y</b>', '<p>&lt;b onclick=&quot;x()&quot;&gt;y</b></p>'],
  ['<div>\nblock\n</div>', '&lt;div&gt;\nblock\n&lt;/div&gt;'],
] as const) {
  test(`${JSON.stringify(markdown)} becomes ${JSON.stringify(html)}`, async () => {
    assert.equal(await markdownToHtml(markdown), html)
  })
}

test('styles stand in the tags they are for', async () => {
  assert.equal(await markdownToHtml('`x`', { code: 'color:red' }), '<p><code style="color:red">x</code></p>')
})

test('no text becomes a tag with an attribute of its own', async () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    'script',
    'img src=x onerror=y',
    'b',
    '/',
    '](',
    '[',
    '`',
    'javascript:',
    ' ',
    '\n',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (parts) => {
      const html = await markdownToHtml(parts.join(''))
      const tags = html.match(/<[^>]*>/g) ?? []
      for (const tag of tags)
        assert.match(tag, /^<\/?[a-z][a-z0-9]*( (href|src|alt|rel|class|start|type)="[^"<>]*")*\s*\/?>$/)
      assert.doesNotMatch(html, /<script|javascript:[^<]*">/)
    }),
  )
})

for (const [html, text] of [
  ['<p>a<br>b</p><p>c</p>', 'a\nb\n\nc'],
  ['<ul><li>a</li><li>b</li></ul>', '- a\n- b'],
  ['<a href="https://x">x</a> <a href="https://x">https://x</a>', 'x (https://x) https://x'],
  [
    '<head><title>t</title></head><style>p { }</style><!-- no --><p>a &amp; &lt;b&gt; &#65;&#x42; &unknown;</p>',
    'a & <b> AB &unknown;',
  ],
  ['<table><tr><td>a</td></tr><tr><td>b</td></tr></table>', 'a\n\nb'],
] as const) {
  test(`${JSON.stringify(html)} says ${JSON.stringify(text)}`, () => assert.equal(textOf(html), text))
}
