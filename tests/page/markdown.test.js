import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lex, toHtml } from "../../public/app/markdown/grammar.js";

/** @param {string} text @returns {string} its HTML, without the paragraph around it */
const html = (text) =>
  toHtml(lex(text, {}))
    .trim()
    .replace(/^<p>([\s\S]*)<\/p>$/, "$1");

/** @param {[text: string, expected: string][]} shapes */
function check(shapes) {
  for (const [text, expected] of shapes) test(text, () => assert.equal(html(text), expected));
}

/** @param {string} address */
const link = (address) => `<a href="${address}">${address}</a>`;

describe("emphasis in Japanese", () => {
  check([
    ["これは**「太字」**です。", "これは<strong>「太字」</strong>です。"],
    ["これは**重要です。**次に進みます。", "これは<strong>重要です。</strong>次に進みます。"],
    [
      "これは**「太字」**です。これは**重要です。**次に",
      "これは<strong>「太字」</strong>です。これは<strong>重要です。</strong>次に",
    ],
    ["**太字**です", "<strong>太字</strong>です"],
    ["文中の**太字**と*斜体*です", "文中の<strong>太字</strong>と<em>斜体</em>です"],
    ["**「引用」から始まる**文", "<strong>「引用」から始まる</strong>文"],
    ["**注意：**必ず確認してください", "<strong>注意：</strong>必ず確認してください"],
    ["**注意:**必ず確認してください", "<strong>注意:</strong>必ず確認してください"],
    ["**ポイント！**ここが大事", "<strong>ポイント！</strong>ここが大事"],
    ["**Python（パイソン）**は言語です", "<strong>Python（パイソン）</strong>は言語です"],
    ["**Python(パイソン)**は言語です", "<strong>Python(パイソン)</strong>は言語です"],
    ["言語は**(1)**と**(2)**です", "言語は<strong>(1)</strong>と<strong>(2)</strong>です"],
    ["価格は**¥1,000**です", "価格は<strong>¥1,000</strong>です"],
    ["割引は**50%**です", "割引は<strong>50%</strong>です"],
    ["関数**`print()`**を使う", "関数<strong><code>print()</code></strong>を使う"],
    ["**`a`と`b`**の違い", "<strong><code>a</code>と<code>b</code></strong>の違い"],
    [
      "これは**[リンク](https://example.com)**です",
      'これは<strong><a href="https://example.com">リンク</a></strong>です',
    ],
    ["『**書名**』と【**見出し**】", "『<strong>書名</strong>』と【<strong>見出し</strong>】"],
    ["**『書名』**、**【見出し】**。", "<strong>『書名』</strong>、<strong>【見出し】</strong>。"],
    ["***「とても」***大事", "<em><strong>「とても」</strong></em>大事"],
    ["これは*「斜体」*です", "これは<em>「斜体」</em>です"],
    ["**一つ目。** **二つ目。**三つ目", "<strong>一つ目。</strong> <strong>二つ目。</strong>三つ目"],
    ["これは~~「取り消し」~~です", "これは<del>「取り消し」</del>です"],
    ["これは~~古い。~~新しい", "これは<del>古い。</del>新しい"],
    ["**太字の中の*斜体。*です。**次", "<strong>太字の中の<em>斜体。</em>です。</strong>次"],
    ["カタカナ**テスト・ケース**ー", "カタカナ<strong>テスト・ケース</strong>ー"],
    ["終わりは**「太字」**", "終わりは<strong>「太字」</strong>"],
    ["全角の空白　**太字**　です", "全角の空白　<strong>太字</strong>　です"],
    ["𠮷野家は**「牛丼」**𠮷", "𠮷野家は<strong>「牛丼」</strong>𠮷"],
  ]);
});

describe("emphasis in Chinese and Korean", () => {
  check([
    ["这是**“重要”**的内容。", "这是<strong>“重要”</strong>的内容。"],
    ["这是**重要的。**接下来", "这是<strong>重要的。</strong>接下来"],
    ["**注意：**请先备份", "<strong>注意：</strong>请先备份"],
    ["**《书名》**是一本书", "<strong>《书名》</strong>是一本书"],
    ["使用**Docker（容器）**部署", "使用<strong>Docker（容器）</strong>部署"],
    ["这里*“强调”*一下", "这里<em>“强调”</em>一下"],
    ["共**100%**的人", "共<strong>100%</strong>的人"],
    ["他说：**“你好！”**然后走了", "他说：<strong>“你好！”</strong>然后走了"],
    ["已**~~删除~~**了", "已<strong><del>删除</del></strong>了"],
    ["한국어는 **“인용”**입니다", "한국어는 <strong>“인용”</strong>입니다"],
    ["**중요!**합니다", "<strong>중요!</strong>합니다"],
  ]);
});

describe("what is no emphasis stays as it is written", () => {
  check([
    ["2 * 3 * 4 は 24", "2 * 3 * 4 は 24"],
    ["計算は2*3です", "計算は2*3です"],
    ["これは** 太字 **ではない", "これは** 太字 **ではない"],
    ["snake_case_名前", "snake_case_名前"],
    ["注*「括弧」は別", "注*「括弧」は別"],
    ["約10~20個、30~40個", "約10~20個、30~40個"],
    ["**閉じていない「太字」です", "**閉じていない「太字」です"],
  ]);
});

describe("emphasis elsewhere is CommonMark's", () => {
  check([
    [
      "a**bold**b and *em* and ***both***",
      "a<strong>bold</strong>b and <em>em</em> and <em><strong>both</strong></em>",
    ],
    ['a*"foo"*', "a*&quot;foo&quot;*"],
    ["*(**foo**)*", "<em>(<strong>foo</strong>)</em>"],
    ["foo**(bar)**baz", "foo**(bar)**baz"],
    ["*foo**bar**baz*", "<em>foo<strong>bar</strong>baz</em>"],
    ["foo***bar***baz", "foo<em><strong>bar</strong></em>baz"],
    ["**foo*", "*<em>foo</em>"],
    ["*foo**bar*", "<em>foo**bar</em>"],
    ["__foo, __bar__, baz__", "<strong>foo, <strong>bar</strong>, baz</strong>"],
    ["~~gone~~ and ~/home and ~10", "<del>gone</del> and ~/home and ~10"],
    ["**~~x~~**", "<strong><del>x</del></strong>"],
  ]);
});

describe("a bare address ends where the sentence goes on", () => {
  check([
    ["https://example.com/パスを参照。", `${link("https://example.com/")}パスを参照。`],
    [
      "詳しくはhttps://example.com/a?b=cを見てください。",
      `詳しくは${link("https://example.com/a?b=c")}を見てください。`,
    ],
    ["https://example.com。次の文", `${link("https://example.com")}。次の文`],
    ["（https://example.com/）と", `（${link("https://example.com/")}）と`],
    ["「https://example.com/x」です", `「${link("https://example.com/x")}」です`],
    ["请访问https://example.com/docs，然后登录", `请访问${link("https://example.com/docs")}，然后登录`],
    ["“https://example.com/a”是地址", `“${link("https://example.com/a")}”是地址`],
    [
      "https://example.com/a.html、https://example.org/b",
      `${link("https://example.com/a.html")}、${link("https://example.org/b")}`,
    ],
    ["連絡先はinfo@example.comです", '連絡先は<a href="mailto:info@example.com">info@example.com</a>です'],
    ["https://example.com/a_(b)は", `${link("https://example.com/a_(b)")}は`],
    [
      "https://ru.wikipedia.org/wiki/Россия",
      '<a href="https://ru.wikipedia.org/wiki/%D0%A0%D0%BE%D1%81%D1%81%D0%B8%D1%8F">https://ru.wikipedia.org/wiki/Россия</a>',
    ],
    [
      "https://example.com/a?b=c&d=e.",
      `<a href="https://example.com/a?b=c&amp;d=e">https://example.com/a?b=c&amp;d=e</a>.`,
    ],
    [
      "<https://ja.wikipedia.org/wiki/日本>です",
      '<a href="https://ja.wikipedia.org/wiki/%E6%97%A5%E6%9C%AC">https://ja.wikipedia.org/wiki/日本</a>です',
    ],
    [
      "[日本](https://ja.wikipedia.org/wiki/日本)です",
      '<a href="https://ja.wikipedia.org/wiki/%E6%97%A5%E6%9C%AC">日本</a>です',
    ],
  ]);
});

describe("footnotes", () => {
  const note = (/** @type {string} */ label, /** @type {string} */ text) =>
    `<section data-note="${label}"><p>${text}</p>\n</section>`;
  check([
    ["a[^1] b[^x].", 'a<sup data-mark="1">1</sup> b<span data-mark="x">[^x]</span>.'],
    ["`[^1]` and [^1](u) and [^ 1]", '<code>[^1]</code> and <a href="u">^1</a> and [^ 1]'],
    ["[^1]: a\n[^2]: b", `${note("1", "a")}\n${note("2", "b")}`],
    ["[^1]: a\nb\n\nc", `${note("1", "a\nb")}\n<p>c</p>`],
    ["[^1]: a\n- b", `${note("1", "a")}\n<ul>\n<li>b</li>\n</ul>`],
    ["[^1]: https://example.com/", note("1", link("https://example.com/"))],
    ["text\n[^1]: a", `<p>text</p>\n${note("1", "a")}`],
    ["[^1]: [^2]: a", '<sup data-mark="1">1</sup>: <sup data-mark="2">2</sup>: a'],
    [`[^"><b>]: a`, note("&#34;&#62;&#60;b&#62;", "a")],
  ]);

  test("without end do not overflow", () => {
    const texts = ["[^1]: ".repeat(2000), "[^1]:\n\n".repeat(2000), "[^".repeat(5000), `[^1]: a${"\n".repeat(10_000)}`];
    for (const text of texts) assert.ok(html(text));
  });
});
