/**
 * `/style.css`: one column of plain type, hairlines, four grades of sensitivity; light or dark by the reader's setting.
 * Loads no font and no image.
 */
export const STYLE = `:root{color-scheme:light dark;
--ink:light-dark(#1d2329,#dfe3e6);--soft:light-dark(#5f6b76,#98a3ad);--line:light-dark(#e3e6e9,#31373d);--paper:light-dark(#fff,#15181b);--tint:light-dark(#f6f7f8,#1c2024);--link:light-dark(#14528c,#8dbdec);
--l1:light-dark(#2d6a4f,#8fc9a9);--l2:light-dark(#3d5a80,#9db8da);--l3:light-dark(#9a5b00,#e2b062);--l4:light-dark(#a3242f,#f0949b)}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.7 system-ui,"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif;text-rendering:optimizeLegibility}
header{border-bottom:1px solid var(--line)}
nav,main{max-width:76rem;margin:0 auto;padding:0 1.5rem}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.75rem;padding-block:.85rem;font-size:.9rem}
nav a{color:var(--soft);text-decoration:none}
nav a.home{color:var(--ink);font-weight:600;margin-right:auto}
main{padding-block:2.5rem 5rem}
a{color:var(--link);text-decoration-color:color-mix(in srgb,currentColor 35%,transparent);text-underline-offset:.2em}
a:hover{text-decoration-color:currentColor}
h1{font-size:1.75rem;line-height:1.3;font-weight:600;margin:0 0 .75rem;letter-spacing:.01em}
h2{font-size:1.1rem;font-weight:600;margin:2.75rem 0 .75rem}
h1 small,h2 small{font-weight:400;color:var(--soft);font-size:.68em;margin-left:.35em}
h2 small{font-size:.82em}
small{color:var(--soft);font-size:.84em}
p,ul{max-width:46rem;margin:.6rem 0}
ul{padding-left:1.2rem}
.lead{color:var(--soft)}
.path{font-size:.88rem;margin:0 0 1.25rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.75rem;margin:1.25rem 0}
dt{color:var(--soft)}dd{margin:0}
code{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.93rem;line-height:1.55}
th,td{text-align:left;vertical-align:baseline;padding:.5rem 1.25rem .5rem 0}
th{font-weight:500;color:var(--soft);font-size:.84rem;border-bottom:1px solid var(--soft);white-space:nowrap}
td{border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
tbody tr:hover{background:var(--tint)}
tr:has(.retired) td{color:var(--soft)}
td:first-child :is(code,small){white-space:nowrap}
.number{font-variant-numeric:tabular-nums}
.key{font-weight:600}
.grade{font:600 .74rem/1 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.04em;padding:.2em .5em;border:1px solid currentColor;border-radius:.3em;white-space:nowrap}
.L1{color:var(--l1)}.L2{color:var(--l2)}.L3{color:var(--l3)}.L4{color:var(--l4)}
.retired{color:var(--soft)}
form p{display:grid;gap:.2rem;max-width:24rem}
input,button{font:inherit;color:inherit;padding:.5rem .7rem;border:1px solid var(--soft);border-radius:.3rem;background:var(--paper)}
button{background:var(--link);border-color:var(--link);color:var(--paper);padding-inline:1.6rem}
:is(input,button,a):focus-visible{outline:2px solid var(--link);outline-offset:2px}
.fault{color:var(--l4)}
.codes{columns:2;max-width:24rem}
@media(max-width:40rem){main{padding-block:1.5rem 3rem}h1{font-size:1.4rem}dl{grid-template-columns:1fr}dt{margin-top:.5rem}}
@media print{header{display:none}main{padding:0;max-width:none}}
`;
