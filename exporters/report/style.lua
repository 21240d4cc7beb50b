-- style.lua: the report's style sheet. Lines of charts have the colours of
-- one scheme's fills in the other, which are dark on white and light on black.
return [[
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1a1a1a; --muted: #5c5f66; --link: #0b57d0;
  --bad: #b3261e; --good: #506908; --warn: #9c5700; --rule: #e2e2e6;
  --window: #cbe0f3;
  --s1: #26489a; --s2: #05717a; --s3: #9c5700; --s4: #a3145f; --s5: #5c5f66;
  --s6: #506908;
  --lua: #7fa0e4; --c: #6fdbe6; --native: #fdcc80; --kernel: #f0819f;
  --gc: #8ea834; --waiting: #e8e4dc;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #16181d; --ink: #f4f4f2; --muted: #a9adb6; --link: #8ab4ff;
    --bad: #ff8a80; --good: #a9c64c; --warn: #fdcc80; --rule: #34373d;
    --window: #1f3a57;
    --s1: #7fa0e4; --s2: #6fdbe6; --s3: #fdcc80; --s4: #f0819f; --s5: #a9adb6;
    --s6: #8ea834;
    --lua: #26489a; --c: #05717a; --native: #4f3813; --kernel: #6f1547;
    --gc: #506908; --waiting: #62615b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 16px 24px 48px; max-width: 1440px;
  background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans",
    sans-serif;
}
h1 { font-size: 20px; font-weight: 400; margin: 8px 0 4px; line-height: 1.35;
  overflow-wrap: anywhere; }
h1 strong { font-weight: 700; }
h1.bad strong, .bad { color: var(--bad); }
h1.good strong, .good { color: var(--good); }
h1.warn strong { color: var(--warn); }
h2 { font-size: 17px; margin: 32px 0 8px; padding-top: 8px;
  border-top: 1px solid var(--rule); }
h3 { font-size: 14px; margin: 0; }
p { margin: 4px 0; overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
code { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; }
.muted { color: var(--muted); }
.wide { overflow-x: auto; margin: 8px 0 16px; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 3px 14px 3px 0; vertical-align: top;
  border-bottom: 1px solid var(--rule); overflow-wrap: break-word;
  max-width: 40em; }
th { font-weight: 400; color: var(--muted); white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
tr.failed td { font-weight: 600; }
.charts { display: grid; gap: 20px 28px; margin: 20px 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); }
figure { margin: 0; break-inside: avoid; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 18px;
  align-items: baseline; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 0; padding: 0;
  list-style: none; color: var(--muted); font-size: 12px; }
.swatch { width: 22px; height: 10px; }
.chart { display: block; width: 100%; height: auto; }
.chart text { font-size: 11px; fill: var(--muted); }
.chart text.left { text-anchor: end; }
.chart text.time { text-anchor: middle; }
.chart text.limit { fill: var(--bad); paint-order: stroke;
  stroke: var(--page); stroke-width: 3px; stroke-dasharray: none; }
.grid { stroke: var(--rule); fill: none; }
.axis, .tick { stroke: var(--muted); fill: none; }
.limit { stroke: var(--bad); stroke-dasharray: 5 4; fill: none; }
.window { fill: var(--window); opacity: 0.6; }
.hover { fill: transparent; }
.hover:hover { fill: var(--ink); opacity: 0.08; }
.line { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
.area { stroke: none; opacity: 0.75; }
.area.soft { opacity: 0.25; }
.area.s1 { fill: var(--s1); } .area.s2 { fill: var(--s2); }
.area.s3 { fill: var(--s3); } .area.s4 { fill: var(--s4); }
.area.s5 { fill: var(--s5); } .area.s6 { fill: var(--s6); }
.line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2);
  stroke-dasharray: 7 3; }
.line.s3 { stroke: var(--s3); } .line.s4 { stroke: var(--s4);
  stroke-dasharray: 3 2; }
.line.s5 { stroke: var(--s5); stroke-width: 1; } .line.s6 { stroke: var(--s6); }
.profile { margin: 12px 0 28px; }
.flame { display: block; margin: 6px 0; }
.flame text { font: 12px ui-monospace, "DejaVu Sans Mono", monospace;
  fill: var(--ink); }
.flame rect { stroke: var(--page); }
.lua { fill: var(--lua); } .c { fill: var(--c); }
.native { fill: var(--native); } .kernel { fill: var(--kernel); }
.gc { fill: var(--gc); } .waiting { fill: var(--waiting); }
@media (max-width: 700px) { body { padding: 8px 12px 32px; }
  h1 { font-size: 17px; } }
@media print {
  body { max-width: none; padding: 0; font-size: 11px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .charts { grid-template-columns: 1fr 1fr; }
  .wide { overflow: visible; }
  th, td { white-space: normal; padding-right: 8px; }
  tr, h2, h3 { break-inside: avoid; break-after: auto; }
  h2, h3 { break-after: avoid; }
}
]]
