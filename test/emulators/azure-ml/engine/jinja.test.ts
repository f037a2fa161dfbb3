import { describe, expect, test } from "vitest";
import { renderTemplate } from "#emulators/azure-ml/engine/builtin/jinja.ts";
import { parseTemplate } from "#emulators/azure-ml/engine/builtin/jinja-syntax.ts";
import { PythonFloat } from "#emulators/azure-ml/engine/builtin/python-values.ts";

const variables = {
  name: "Ann",
  yes: true,
  none: null,
  n: 3,
  score: new PythonFloat(4),
  half: 0.5,
  list: [1, "b", null],
  dict: { a: [1, "b"], items: "shadowed", "x y": 1 },
  people: [
    { name: "bob", age: 30 },
    { name: "Al", age: 20 },
  ],
};
const render = (template: string) => renderTemplate(parseTemplate(template), variables);

describe("templates render as in jinja2 with trim_blocks and a kept final newline", () => {
  test.each([
    ["{{ missing }}|", "|"],
    ["{{ none }} {{ yes }} {{ score }} {{ half }} {{ n }}", "None True 4.0 0.5 3"],
    ["{{ list }} {{ {'k': name} }}", "[1, 'b', None] {'k': 'Ann'}"],
    ["{{ dict.a }} {{ dict['x y'] }} {{ dict.missing }}|", "[1, 'b'] 1 |"],
    ["{{ dict | tojson }}", '{"a": [1, "b"], "items": "shadowed", "x y": 1}'],
    ["{{ '<é>' | tojson }}", '"\\u003c\\u00e9\\u003e"'],
    ["a\n{% if yes %}\nb\n{% endif %}\nc\n", "a\nb\nc\n"],
    ["a\n  {% if yes %}\nb\n  {% endif %}\n", "a\n  b\n  "],
    ["x {# note #}\ny\n\n", "x y\n\n"],
    ["{% if yes %}\n\nb{% endif %}", "\nb"],
    ["a  {%- if yes -%}  b  {%- endif %}", "ab"],
    [
      "{% for x in list %}{{ loop.index }}:{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
      "1:1, 2:b, 3:None",
    ],
    ["{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% else %}none{% endfor %}", "a=1"],
    ["{% for x in missing %}x{% else %}empty{% endfor %}", "empty"],
    ["{% for x in range(5) if x is odd %}{{ x }}{% endfor %}", "13"],
    [
      "{% set x = 2 %}{{ x * n }} {{ n / 2 }} {{ n // 2 }} {{ -n % 2 }} {{ 4 / 2 }}",
      "6 1.5 1 1 2.0",
    ],
    [
      "{% set ns = namespace(t=0) %}{% for i in [1, 2] %}{% set ns.t = ns.t + i %}{% endfor %}{{ ns.t }}",
      "3",
    ],
    [
      "{% macro hi(who, mark='!') %}Hi {{ who }}{{ mark }}{% endmacro %}{{ hi('Bo') }}{{ hi('Al', mark='?') }}",
      "Hi Bo!Hi Al?",
    ],
    ["{% filter upper %}a{{ name }}{% endfilter %}", "AANN"],
    ['{% raw %}{{ name }} "q" \\{% endraw %} {{ name }}', '{{ name }} "q" \\ Ann'],
    [
      "{{ name | upper }} {{ ' x ' | trim }} {{ missing | default('d') }} {{ '' | default('e', true) }}",
      "ANN x d e",
    ],
    [
      "{{ list | join(', ') }} {{ people | map(attribute='name') | join('/') }} {{ list | length }}",
      "1, b, None bob/Al 3",
    ],
    ["{{ people | sort(attribute='age') | map(attribute='name') | list }}", "['Al', 'bob']"],
    ["{{ people | selectattr('age', 'equalto', 20) | map(attribute='name') | first }}", "Al"],
    [
      "{{ name.upper() }} {{ 'a,b'.split(',') }} {{ dict.get('zz', 'no') }} {{ name[0] }} {{ name[1:] }} {{ list[-1] }}",
      "ANN ['a', 'b'] no A nn None",
    ],
    [
      "{{ 'n' in name }} {{ 'x' not in dict }} {{ '1' == 1 }} {{ 1 == true }} {{ 2 > 1 and not missing }}",
      "True True False True True",
    ],
    [
      "{{ name ~ n ~ missing }} {{ 'yes' if n > 2 else 'no' }} {{ 'yes' if missing }}|",
      "Ann3 yes |",
    ],
    [
      "{{ missing is defined }} {{ none is none }} {{ n is number }} {{ name is string }}",
      "False True True True",
    ],
    [
      "{{ 'a\nb' | indent(2) }} {{ 2.345 | round(1) }} {{ '3.7' | float }} {{ 'x' | int(9) }}",
      "a\n  b 2.3 3.7 9",
    ],
    [
      "{{ 2.5 | round }} {{ 3.5 | round }} {{ 3 | round(1) }} {{ 1.15 | round(1) }} {{ 0.125 | round(2) }}",
      "2.0 4.0 3 1.1 0.12",
    ],
    [
      "{{ (1, 2) }} {{ {'b': 1, 'a': 2} | dictsort }} {{ dict['items'] }} {{ name.__class__ }}|",
      "(1, 2) [('a', 2), ('b', 1)] shadowed |",
    ],
    ["{{ '%.1f of %s' | format(2.25, name) }} {{ '%(a)d' | format(a=half) }}", "2.2 of Ann 0"],
    ["{{ '%s: %03d' % (name, n) }} {{ '%r' % name }}", "Ann: 003 'Ann'"],
    ["line one\r\nline two\r\n", "line one\nline two\n"],
  ])("%j", (template, expected) => {
    expect(render(template)).toBe(expected);
  });

  test.each([
    ["{{ a.b.c }}", "'a' is undefined"],
    ["{{ missing() }}", "'missing' is undefined"],
    ["{{ name.__class__.__mro__ }}", "'__class__' is undefined"],
    ["{{ name | nope }}", "No filter named 'nope'"],
    ["{{ name is nope }}", "No test named 'nope'"],
    ["{{ n + name }}", "unsupported operand type(s) for +: 'int' and 'str'"],
    ["{{ n < name }}", "'<' not supported between instances of 'int' and 'str'"],
    ["{% for x in n %}{% endfor %}", "'int' object is not iterable"],
    ["{{ 1 // 0 }}", "division by zero"],
    ["{{ name(1) }}", "'name' is not callable"],
  ])("%j fails: %s", (template, message) => {
    expect(() => render(template)).toThrow(message);
  });

  test.each(["{% if %}", "{{ a", "{% for x %}{% endfor %}"])("%j cannot be parsed", (template) => {
    expect(() => parseTemplate(template)).toThrow(SyntaxError);
  });

  test("a block that is left open is said so", () => {
    expect(() => parseTemplate("{% if a %}b")).toThrow(
      "unexpected end of template. A block or an expression is not closed, e.g. by {% endif %} or }}",
    );
  });
});
