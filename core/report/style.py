"""The style sheet of a report: colours for light, dark and paper. Left is orange and right is blue, as in previews."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --page: #fbfbfa; --card: #ffffff; --ink: #1d2126; --soft: #5c6570; --faint: #e2e5e9;
  --left: #dd6a12; --right: #1f78d1; --main: #2b3a4d; --raw: #b4bac2; --good: #1d8a4e; --odd: #c23b22; --note: #6b8fb5;
  --s0: #c23b22; --s1: #e2784c; --s2: #efb36b; --s3: #d9d08a; --s4: #96c08c; --s5: #4f9d78; }
@media (prefers-color-scheme: dark) { :root { --page: #16191d; --card: #1f2429; --ink: #e8eaed; --soft: #a3acb7;
  --faint: #363d45; --left: #ff8a3d; --right: #409cff; --main: #d5dce5; --raw: #68727e; --good: #58d08a; --odd: #ff7b62;
  --note: #86a9cf; --s0: #d9533b; --s1: #d97a50; --s2: #c99657; --s3: #a8a163; --s4: #6f9b68; --s5: #3f8563; } }
@media print { :root { color-scheme: light; --page: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444;
  --faint: #dddddd; --left: #dd6a12; --right: #1f78d1; --main: #2b3a4d; --raw: #b4bac2; --good: #1d8a4e; --odd: #c23b22;
  --note: #6b8fb5; --s0: #c23b22; --s1: #e2784c; --s2: #efb36b; --s3: #d9d08a; --s4: #96c08c; --s5: #4f9d78; }
  section { break-inside: avoid; } * { print-color-adjust: exact; } }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 28px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 0 0 2px; }
h3 { font-size: 16px; margin: 14px 0 2px; }
header p, section p { margin: 2px 0 8px; color: var(--soft); }
section { background: var(--card); border: 1px solid var(--faint); border-radius: 8px;
  padding: 16px 18px; margin: 18px 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 10px; margin: 18px 0; }
.fact { background: var(--card); border: 1px solid var(--faint); border-radius: 8px; padding: 10px 14px; }
.fact dt { color: var(--soft); font-size: 14px; }
.fact dd { margin: 0; }
.fact b { display: block; font-size: 26px; line-height: 1.2; }
.fact span { color: var(--soft); font-size: 13px; display: block; line-height: 1.3; }
.fact.good b { color: var(--good); }
.fact.odd b { color: var(--odd); }
.plot { overflow-x: auto; padding: 0 4px; }
.plot svg { display: block; width: 100%; min-width: 560px; height: auto; overflow: visible; }
.legend span { margin-right: 18px; white-space: nowrap; }
.legend i { display: inline-block; width: 22px; height: 0; border-top: 3px solid;
  margin-right: 6px; vertical-align: middle; }
i.left { color: var(--left); } i.right { color: var(--right); } i.main, i.middle { color: var(--main); }
i.raw { color: var(--raw); } i.tickmark { color: var(--soft); } i.toe { border-top-style: dashed; }
i.bar { border-top-width: 10px; width: 16px; }
i.dot, i.start, i.end { border-radius: 50%; width: 8px; height: 8px; border: 2px solid; background: currentColor; }
i.start { color: var(--main); background: none; } i.end { color: var(--main); }
.legend [class*="seen"] { border: 0; width: 16px; height: 12px; }
rect.seen0 { fill: var(--s0); } rect.seen1 { fill: var(--s1); } rect.seen2 { fill: var(--s2); }
rect.seen3 { fill: var(--s3); } rect.seen4 { fill: var(--s4); } rect.seen5 { fill: var(--s5); }
i.seen0 { background: var(--s0); } i.seen1 { background: var(--s1); } i.seen2 { background: var(--s2); }
i.seen3 { background: var(--s3); } i.seen4 { background: var(--s4); } i.seen5 { background: var(--s5); }
text { fill: var(--soft); font: 12px system-ui, "Segoe UI", Roboto, sans-serif; }
text.label { fill: var(--ink); }
text.small { font-size: 11px; }
.grid { stroke: var(--faint); }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.line.main { stroke: var(--main); } .line.raw { stroke: var(--raw); }
.line.left { stroke: var(--left); } .line.right { stroke: var(--right); } .line.toe { stroke-dasharray: 5 3; }
.bar.left, .dot.left { fill: var(--left); } .bar.right, .dot.right { fill: var(--right); }
.bar.main, .bar.middle { fill: var(--main); } .bar.raw { fill: var(--raw); }
.bar.warning { fill: var(--odd); } .bar.note { fill: var(--note); }
.dot { fill-opacity: 0.75; }
.tickmark { stroke: var(--soft); stroke-width: 1.2; }
.start { fill: var(--card); stroke: var(--main); stroke-width: 2; } .end { fill: var(--main); }
.limit { stroke: var(--soft); stroke-dasharray: 6 4; }
.whisker { stroke: var(--ink); stroke-width: 1.5; }
.floor { stroke: var(--faint); stroke-width: 2; }
.stick { stroke-width: 3.4; stroke-linecap: round; }
.stick.thin { stroke-width: 1.8; }
.stick.left { stroke: var(--left); } .stick.right { stroke: var(--right); } .stick.middle { stroke: var(--main); }
.skull { fill: var(--card); stroke: var(--main); stroke-width: 2.4; }
.events { list-style: none; padding: 0; margin: 8px 0; }
.events li { padding: 3px 0 3px 12px; border-left: 4px solid var(--odd); margin: 4px 0; }
.events li.note { border-color: var(--note); }
.events b { display: inline-block; min-width: 136px; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; margin-top: 12px; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 3px 14px 3px 0; border-bottom: 1px solid var(--faint); }
th:first-child, td:first-child { text-align: left; }
th { color: var(--soft); font-weight: 500; }
td.odd { color: var(--odd); font-weight: 600; }
.origins { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 6px 0 0; font-size: 14px; }
.origins dt { color: var(--soft); } .origins dd { margin: 0; overflow-wrap: anywhere; }
"""
